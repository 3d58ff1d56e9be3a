import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The shim's end of the verifier protocol, version 1 (PROTOCOL.md), for Java servers that read Cookie headers and open no scheme.
 *
 * <p>{@link #serve} reads requests from stdin until they end and writes an answer for each. With --sample as an argument it prints
 * nothing, as there are no protected cookies. Only the JDK is used, and nothing here knows a library.
 */
final class AssayShim {
    private static final int PROTOCOL = 1;
    private static final int LONGEST_DETAIL = 4000;
    private static final byte[] REQUEST = latin1("GET / HTTP/1.1\r\nHost: localhost\r\n");

    /** What a shim throws where the library, or its HTTP layer, says no. */
    static final class Reject extends Exception {
        final String reason;

        Reject(String reason, String detail) {
            super(detail);
            this.reason = reason;
        }
    }

    /** How a library reads the octets of the Cookie fields: names and values. */
    interface Header {
        List<String[]> read(List<byte[]> lines) throws Throwable;
    }

    private final Map<String, Object> target;
    private final boolean lines;
    private final Header header;

    private AssayShim(Map<String, Object> target, boolean lines, Header header) {
        this.target = target;
        this.lines = lines;
        this.header = header;
    }

    /** Serves stdin until it ends or says stop. {@code lines} says that the library joins several fields itself. */
    static void serve(String name, String version, String homepage, String issues, boolean lines, Header header)
            throws IOException {
        var target = object("name", name, "version", version, "language", "java", "homepage", homepage, "issues", issues);
        var shim = new AssayShim(target, lines, header);
        // What a library prints must not be read as an answer.
        OutputStream out = new FileOutputStream(FileDescriptor.out);
        System.setOut(System.err);
        InputStream in = new BufferedInputStream(System.in, 1 << 20);
        for (byte[] line; (line = line(in)) != null; ) {
            Object answer = shim.reply(line);
            if (answer == null) {
                break;
            }
            out.write((write(answer) + "\n").getBytes(StandardCharsets.UTF_8));
            out.flush();
        }
        // A server keeps threads.
        Runtime.getRuntime().halt(0);
    }

    /** A request with these Cookie fields, for a server that reads octets. An end of line in a field would start another field. */
    static byte[] request(List<byte[]> lines, String more) throws Reject {
        var request = new ByteArrayOutputStream();
        request.writeBytes(REQUEST);
        request.writeBytes(latin1(more));
        for (byte[] line : lines) {
            for (byte octet : line) {
                if (octet == '\r' || octet == '\n') {
                    throw new Reject("malformed", "an end of line is in no field");
                }
            }
            request.writeBytes(latin1("Cookie: "));
            request.writeBytes(line);
            request.writeBytes(latin1("\r\n"));
        }
        request.writeBytes(latin1("\r\n"));
        return request.toByteArray();
    }

    static byte[] latin1(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    /** The next line without its end, null at the end of the input. */
    private static byte[] line(InputStream in) throws IOException {
        var line = new ByteArrayOutputStream();
        for (int octet; (octet = in.read()) != '\n'; ) {
            if (octet < 0) {
                return line.size() == 0 ? null : line.toByteArray();
            }
            line.write(octet);
        }
        return line.toByteArray();
    }

    private Object reply(byte[] line) {
        var bad = object("error", "bad-line");
        if (!(parse(line) instanceof Map<?, ?> request && request.get("cmd") instanceof String command)) {
            return bad;
        }
        switch (command) {
            case "stop":
                return null;
            case "start":
                if (!Long.valueOf(PROTOCOL).equals(request.get("protocol"))) {
                    return object("error", "unknown-protocol", "supported", List.of(PROTOCOL));
                }
                var supports = lines ? List.of("cookie", "cookie-lines") : List.of("cookie");
                return object("protocol", PROTOCOL, "target", target, "supports", supports);
            case "verify":
                break;
            default:
                return object("error", "unknown-cmd");
        }
        if (!(request.get("seq") instanceof Long seq
                && request.get("input") instanceof Map<?, ?> input
                && request.get("policy") instanceof Map<?, ?> policy)) {
            return bad;
        }
        if (!(input.get("cookie") instanceof Map<?, ?> shown && policy.get("cookie") instanceof Map<?, ?> cookie)) {
            return unsupported(seq, "token");
        }
        List<byte[]> fields;
        try {
            fields = fields(shown);
        } catch (IllegalArgumentException | ClassCastException | NullPointerException error) {
            return bad;
        }
        if (shown.get("lines") != null && !lines) {
            return unsupported(seq, "cookie-lines");
        }
        if (policy.get("leeway") != null && !Long.valueOf(0).equals(policy.get("leeway"))) {
            return unsupported(seq, "leeway");
        }
        if (cookie.get("scheme") != null) {
            return unsupported(seq, cookie.get("scheme").toString());
        }
        return answer(seq, fields);
    }

    private static Object unsupported(long seq, String feature) {
        return object("seq", seq, "verdict", "unsupported", "feature", feature);
    }

    private Object answer(long seq, List<byte[]> fields) {
        try {
            long started = System.nanoTime();
            List<String[]> cookies = header.read(fields);
            // The time in the library: neither JSON nor the pipe.
            long spent = System.nanoTime() - started;
            var pairs = new ArrayList<Object>();
            for (String[] pair : cookies) {
                pairs.add(Arrays.asList(base64(pair[0]), base64(pair[1])));
            }
            return object("seq", seq, "verdict", "accept", "claims", object("pairs", pairs), "nanoseconds", spent);
        } catch (Reject no) {
            return object("seq", seq, "verdict", "reject", "reason", no.reason, "detail", plain(no.getMessage()));
        } catch (Throwable fault) {
            var trace = new StringWriter();
            fault.printStackTrace(new PrintWriter(trace));
            return object("seq", seq, "fault", plain(trace.toString()));
        }
    }

    private static List<byte[]> fields(Map<?, ?> shown) {
        if (shown.get("lines") instanceof List<?> lines) {
            var fields = new ArrayList<byte[]>();
            for (Object line : lines) {
                fields.add(Base64.getDecoder().decode((String) line));
            }
            return fields;
        }
        if (shown.get("header_bytes") instanceof String octets) {
            return List.of(Base64.getDecoder().decode(octets));
        }
        return List.of(((String) shown.get("header")).getBytes(StandardCharsets.UTF_8));
    }

    /** What the library handed on, as base64 of UTF-8; what is no text as JSON. */
    private static String base64(String text) {
        return Base64.getEncoder().encodeToString((text == null ? "null" : text).getBytes(StandardCharsets.UTF_8));
    }

    /** Text of bounded length, with the start kept: Java writes it first. */
    private static String plain(String text) {
        String said = String.valueOf(text);
        return said.substring(0, Math.min(said.length(), LONGEST_DETAIL));
    }

    private static Map<String, Object> object(Object... members) {
        var object = new LinkedHashMap<String, Object>();
        for (int at = 0; at < members.length; at += 2) {
            object.put((String) members[at], members[at + 1]);
        }
        return object;
    }

    private static String write(Object value) {
        var text = new StringBuilder();
        write(text, value);
        return text.toString();
    }

    private static void write(StringBuilder text, Object value) {
        if (value instanceof Map<?, ?> object) {
            char before = '{';
            for (var member : object.entrySet()) {
                write(text.append(before), member.getKey());
                write(text.append(':'), member.getValue());
                before = ',';
            }
            text.append('}');
        } else if (value instanceof List<?> list) {
            text.append('[');
            for (int at = 0; at < list.size(); at++) {
                write(at == 0 ? text : text.append(','), list.get(at));
            }
            text.append(']');
        } else if (value instanceof String string) {
            text.append('"');
            for (int at = 0; at < string.length(); at++) {
                char unit = string.charAt(at);
                if (unit < ' ' || unit > '~' || unit == '"' || unit == '\\') {
                    text.append(String.format("\\u%04x", (int) unit));
                } else {
                    text.append(unit);
                }
            }
            text.append('"');
        } else {
            text.append(value);
        }
    }

    /** The JSON of a line, or nothing where it is none; whole numbers are Long, others Double. */
    private static Object parse(byte[] line) {
        try {
            var json = new Json(StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(line)).toString());
            Object value = json.value(0);
            json.end();
            return value;
        } catch (CharacterCodingException | IllegalArgumentException | StringIndexOutOfBoundsException error) {
            return null;
        }
    }

    private static final class Json {
        private static final int DEEPEST = 200;
        private final String text;
        private int at;

        Json(String text) {
            this.text = text;
        }

        void end() {
            space();
            if (at != text.length()) {
                throw new IllegalArgumentException();
            }
        }

        Object value(int depth) {
            if (depth > DEEPEST) {
                throw new IllegalArgumentException();
            }
            space();
            switch (text.charAt(at)) {
                case '{':
                    var object = new LinkedHashMap<String, Object>();
                    for (boolean more = open('}'); more; more = next('}')) {
                        space();
                        String name = string();
                        space();
                        take(":");
                        object.put(name, value(depth + 1));
                    }
                    return object;
                case '[':
                    var list = new ArrayList<Object>();
                    for (boolean more = open(']'); more; more = next(']')) {
                        list.add(value(depth + 1));
                    }
                    return list;
                case '"':
                    return string();
                case 't':
                    return take("true", true);
                case 'f':
                    return take("false", false);
                case 'n':
                    return take("null", null);
                default:
                    return number();
            }
        }

        private void space() {
            while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
                at++;
            }
        }

        private void take(String word) {
            if (!text.startsWith(word, at)) {
                throw new IllegalArgumentException();
            }
            at += word.length();
        }

        private Object take(String word, Object value) {
            take(word);
            return value;
        }

        private boolean open(char close) {
            at++;
            space();
            if (text.charAt(at) != close) {
                return true;
            }
            at++;
            return false;
        }

        private boolean next(char close) {
            space();
            char unit = text.charAt(at++);
            if (unit != ',' && unit != close) {
                throw new IllegalArgumentException();
            }
            return unit == ',';
        }

        private Object number() {
            int start = at;
            while (at < text.length() && "+-.0123456789eE".indexOf(text.charAt(at)) >= 0) {
                at++;
            }
            String number = text.substring(start, at);
            // A NumberFormatException is an IllegalArgumentException.
            if (number.matches("-?[0-9]{1,18}")) {
                return Long.valueOf(number);
            }
            return Double.valueOf(number);
        }

        private String string() {
            take("\"");
            var string = new StringBuilder();
            for (char unit; (unit = text.charAt(at++)) != '"'; ) {
                if (unit < ' ') {
                    throw new IllegalArgumentException();
                }
                string.append(unit == '\\' ? escape() : unit);
            }
            return string.toString();
        }

        private char escape() {
            char unit = text.charAt(at++);
            if (unit == 'u') {
                at += 4;
                return (char) Integer.parseInt(text.substring(at - 4, at), 16);
            }
            int which = "\"\\/bfnrt".indexOf(unit);
            if (which < 0) {
                throw new IllegalArgumentException();
            }
            return "\"\\/\b\f\n\r\t".charAt(which);
        }
    }
}

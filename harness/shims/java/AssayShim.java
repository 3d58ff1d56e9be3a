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
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;

/**
 * The shim's end of the verifier protocol, version 1 (PROTOCOL.md), for Java servers that read Cookie headers and open no scheme, and
 * for libraries that verify tokens.
 *
 * <p>{@link #serve} and {@link #serveTokens} read requests from stdin until they end and write an answer for each. With --sample as an
 * argument a shim prints nothing, as there are no protected cookies. Only the JDK is used, and nothing here knows a library.
 */
final class AssayShim {
    private static final int PROTOCOL = 1;
    private static final int LONGEST_DETAIL = 4000;
    private static final int MOST_POLICIES = 1000;
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

    /** What a shim throws where the library cannot do what the policy asks; the message is the capability's name. */
    static final class Unsupported extends RuntimeException {
        Unsupported(String feature) {
            super(feature);
        }
    }

    /** How a library verifies a token: its claims, and its header or null. */
    interface Token {
        Map<?, ?>[] verify(String token, Policy policy) throws Throwable;
    }

    /** A key in the forms that the policy has it in; what is absent is null. */
    record Key(String kid, Map<?, ?> jwk, String pem, String certPem, byte[] der, byte[] secret) {
        private static Key of(Map<?, ?> key) {
            var jwk = (Map<?, ?>) key.get("jwk");
            if (jwk == null && key.get("jwk_text") instanceof String text) {
                jwk = (Map<?, ?>) parse(text.getBytes(StandardCharsets.UTF_8));
            }
            return new Key(
                    (String) key.get("kid"), jwk, (String) key.get("pem"), (String) key.get("cert_pem"), octets(key.get("der")),
                    octets(key.get("secret")));
        }
    }

    /** What the relying party accepts; without a value a member is null, empty or zero. */
    static final class Policy {
        final List<?> algorithms;
        final List<Key> keys = new ArrayList<>();
        final boolean jwks;
        final List<String> issuer;
        final List<String> audience;
        final long leeway;
        final Long now;
        private final Map<?, ?> all;
        private final Map<String, Object> kept = new HashMap<>();

        private Policy(Map<?, ?> policy) {
            all = policy;
            algorithms = (List<?>) policy.get("algorithms");
            if (policy.get("keys") instanceof List<?> several) {
                several.forEach(key -> keys.add(Key.of((Map<?, ?>) key)));
            }
            jwks = Boolean.TRUE.equals(policy.get("jwks"));
            issuer = names(policy.get("issuer"));
            audience = names(policy.get("audience"));
            leeway = policy.get("leeway") instanceof Long seconds ? seconds : 0;
            now = (Long) policy.get("now");
        }

        /** The policy's only key. */
        Key key() {
            if (keys.size() != 1) {
                throw new Unsupported("jwks");
            }
            return keys.get(0);
        }

        /** What an application makes when it starts and holds from then on, such as a parsed key. */
        @SuppressWarnings("unchecked")
        <T> T keep(String name, Callable<T> make) throws Exception {
            if (!kept.containsKey(name)) {
                kept.put(name, make.call());
            }
            return (T) kept.get(name);
        }

        /** The key set as it would be served; null where a key has no JWK. */
        String keySet() {
            var set = new ArrayList<Object>();
            for (Key key : keys) {
                if (key.jwk == null) {
                    return null;
                }
                set.add(key.jwk);
            }
            return write(object("keys", set));
        }

        /** The first thing asked for that is not among the capabilities; null where there is none. */
        private String lacking(List<String> supports) {
            var needs = new ArrayList<String>();
            if (algorithms == null) {
                needs.add("defaults");
            } else {
                algorithms.forEach(algorithm -> needs.add((String) algorithm));
                needs.remove("none");
            }
            for (var member : List.of("jwks", "subject", "typ", "leeway", "required_claims", "max_age", "critical")) {
                var value = all.get(member);
                if (value != null && !value.equals(false) && !value.equals(0L) && !value.equals(List.of())) {
                    needs.add(member.replace('_', '-'));
                }
            }
            for (var list : Map.of("issuer", issuer, "audience", audience).entrySet()) {
                if (!list.getValue().isEmpty()) {
                    needs.add(list.getKey() + (list.getValue().size() > 1 ? "-list" : ""));
                }
            }
            return needs.stream().filter(need -> !supports.contains(need)).findFirst().orElse(null);
        }

        @SuppressWarnings("unchecked")
        private static List<String> names(Object member) {
            // Lists of the JDK that cannot change throw where they are asked for null.
            return new ArrayList<>(member instanceof String name ? List.of(name) : member == null ? List.of() : (List<String>) member);
        }
    }

    private final Map<String, Object> target;
    private final List<String> supports;
    private final Header header;
    private final Token token;
    private final Map<Object, Policy> policies = new HashMap<>();

    private AssayShim(Map<String, Object> target, List<String> supports, Header header, Token token) {
        this.target = target;
        this.supports = supports;
        this.header = header;
        this.token = token;
    }

    /** Serves stdin until it ends or says stop. {@code lines} says that the library joins several fields itself. */
    static void serve(String name, String version, String homepage, String issues, boolean lines, Header header)
            throws IOException {
        var target = object("name", name, "version", version, "language", "java", "homepage", homepage, "issues", issues);
        new AssayShim(target, lines ? List.of("cookie", "cookie-lines") : List.of("cookie"), header, null).run();
    }

    /**
     * The same for a library that verifies tokens. {@code supports} are capabilities: what a policy asks beyond them is answered before
     * {@code token} is asked. What it throws besides {@link Reject} and {@link Unsupported} is a fault.
     */
    static void serveTokens(
            String name, String version, String homepage, String issues, List<String> supports, Token token) throws IOException {
        var target = object("name", name, "version", version, "language", "java", "homepage", homepage, "issues", issues);
        new AssayShim(target, supports, null, token).run();
    }

    private void run() throws IOException {
        // What a library prints must not be read as an answer.
        OutputStream out = new FileOutputStream(FileDescriptor.out);
        System.setOut(System.err);
        InputStream in = new BufferedInputStream(System.in, 1 << 20);
        for (byte[] line; (line = line(in)) != null; ) {
            Object answer = reply(line);
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
        if (token != null) {
            return replyToken(seq, input, policy);
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
        if (shown.get("lines") != null && !supports.contains("cookie-lines")) {
            return unsupported(seq, "cookie-lines");
        }
        if (policy.get("leeway") != null && !Long.valueOf(0).equals(policy.get("leeway"))) {
            return unsupported(seq, "leeway");
        }
        if (cookie.get("scheme") != null) {
            return unsupported(seq, cookie.get("scheme").toString());
        }
        return answer(seq, () -> {
            var pairs = new ArrayList<Object>();
            for (String[] pair : header.read(fields)) {
                pairs.add(Arrays.asList(base64(pair[0]), base64(pair[1])));
            }
            return object("verdict", "accept", "claims", object("pairs", pairs));
        });
    }

    private Object replyToken(long seq, Map<?, ?> input, Map<?, ?> configured) {
        if (input.get("cookie") != null || configured.get("cookie") != null) {
            return unsupported(seq, "cookie");
        }
        Policy policy;
        try {
            if (policies.size() > MOST_POLICIES) {
                policies.clear();
            }
            // The same policy comes many times, and an application reads its configuration once.
            policy = policies.computeIfAbsent(configured, made -> new Policy(configured));
        } catch (IllegalArgumentException | ClassCastException | NullPointerException error) {
            return object("error", "bad-line");
        }
        // A Java text is no octets.
        if (!(input.get("token") instanceof String text)) {
            return input.get("bytes") == null ? object("error", "bad-line") : unsupported(seq, "bytes");
        }
        String lacking = policy.lacking(supports);
        if (lacking != null) {
            return unsupported(seq, lacking);
        }
        return answer(seq, () -> {
            var verified = token.verify(text, policy);
            var accepted = object("verdict", "accept", "claims", verified[0]);
            if (verified.length > 1) {
                accepted.put("header", verified[1]);
            }
            return accepted;
        });
    }

    /** What a library is asked to do. */
    private interface Library {
        Map<String, Object> answer() throws Throwable;
    }

    private static Object unsupported(long seq, String feature) {
        return object("seq", seq, "verdict", "unsupported", "feature", feature);
    }

    private Object answer(long seq, Library library) {
        try {
            long started = System.nanoTime();
            var answer = library.answer();
            // The time in the library: neither JSON nor the pipe.
            answer.put("nanoseconds", System.nanoTime() - started);
            answer.put("seq", seq);
            return answer;
        } catch (Unsupported lacking) {
            return unsupported(seq, lacking.getMessage());
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

    private static byte[] octets(Object base64) {
        return base64 == null ? null : Base64.getDecoder().decode((String) base64);
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

    static String write(Object value) {
        var text = new StringBuilder();
        write(text, value);
        return text.toString();
    }

    private static void write(StringBuilder text, Object value) {
        if (value instanceof Map<?, ?> object && object.isEmpty()) {
            text.append("{}");
        } else if (value instanceof Number number && !Double.isFinite(number.doubleValue())) {
            // A number beyond what a double holds is its text.
            text.append('"').append(number).append('"');
        } else if (value instanceof Map<?, ?> object) {
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
                if (Character.isSurrogate(unit)) {
                    boolean pair = at + 1 < string.length() && Character.isSurrogatePair(unit, string.charAt(at + 1));
                    // Half a pair is nothing that readers of JSON take.
                    text.append(pair ? String.format("\\u%04x\\u%04x", (int) unit, (int) string.charAt(++at)) : "\\ufffd");
                } else if (unit < ' ' || unit > '~' || unit == '"' || unit == '\\') {
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

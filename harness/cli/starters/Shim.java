// A shim: it shows Assay's tokens to a verifier in Java, and tells the verdicts.
//
// It works as it stands, and verifies HS256 with nothing but the JDK (17 or newer):
//
//     assay check --target-cmd 'java Shim.java'
//     assay run --target-cmd 'java Shim.java'
//
// To try your own library, change TARGET, SUPPORTS and verify, and add it to the class path:
// 'java -cp "lib/*" Shim.java'. The rest speaks the protocol, which is described in PROTOCOL.md of
// https://github.com/assay-harness/assay.

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

public class Shim {
    /** Who is tried, as the report names it. */
    static final Map<String, Object> TARGET =
            Map.of("name", "starter-java", "version", "1", "language", "java");

    /**
     * What verify does and obeys, in the words of PROTOCOL.md. What is not listed is not tried. A
     * false claim here becomes a false accusation in the report.
     */
    static final List<String> SUPPORTS =
            List.of(
                    "HS256",
                    "secret",
                    "exp",
                    "nbf",
                    "clock",
                    "leeway",
                    "issuer",
                    "issuer-list",
                    "audience",
                    "audience-list");

    /** The token is not accepted. PROTOCOL.md lists the reasons, "other" among them. */
    static class Refusal extends Exception {
        final String reason;

        Refusal(String reason, String detail) {
            super(detail);
            this.reason = reason;
        }
    }

    /** The library cannot obey the policy. The message names the capability it lacks. */
    static class Unsupported extends Exception {
        Unsupported(String capability) {
            super(capability);
        }
    }

    /**
     * Gives all claims of the token, or throws Refusal. REPLACE THIS BY YOUR LIBRARY.
     *
     * <p>With jjwt, for example. It takes one issuer and one audience: take "issuer-list" and
     * "audience-list" out of SUPPORTS.
     *
     * <pre>{@code
     * try {
     *     var parser =
     *             Jwts.parser()
     *                     .verifyWith(Keys.hmacShaKeyFor(secret(policy)))
     *                     .sig().clear().add(Jwts.SIG.HS256).and()
     *                     .clock(() -> Date.from(now(policy)))
     *                     .clockSkewSeconds(leeway(policy));
     *     listed(policy, "issuer").forEach(name -> parser.requireIssuer((String) name));
     *     listed(policy, "audience").forEach(name -> parser.requireAudience((String) name));
     *     return parser.build().parseSignedClaims(token).getPayload();
     * } catch (ExpiredJwtException error) {
     *     throw new Refusal("expired", error.getMessage());
     * } catch (SignatureException error) {
     *     throw new Refusal("signature", error.getMessage());
     * } catch (JwtException | IllegalArgumentException error) {
     *     throw new Refusal("other", error.getMessage());
     * }
     * }</pre>
     *
     * <p>Catch what the library documents and no more: any other exception is a fault.
     */
    static Map<String, Object> verify(String token, Map<String, Object> policy) throws Exception {
        String[] parts = token.split("\\.", -1);
        if (parts.length != 3) {
            throw new Refusal("malformed", "a token has three parts");
        }
        Map<String, Object> header = objectOf(octetsOf(parts[0]));
        byte[] payload = octetsOf(parts[1]);
        byte[] signature = octetsOf(parts[2]);
        Object algorithm = header.get("alg");
        if (!"HS256".equals(algorithm) || !listed(policy, "algorithms").contains(algorithm)) {
            throw new Refusal("algorithm", "alg is " + algorithm);
        }
        if (header.containsKey("crit")) {
            throw new Refusal("critical", "no extension is understood");
        }
        byte[] key = secret(policy);
        // RFC 7518, section 3.2; and the text of another key is no secret.
        String text = new String(key, StandardCharsets.ISO_8859_1);
        if (key.length < 32 || text.startsWith("-----BEGIN ")) {
            throw new Refusal("key", "no secret for HS256");
        }
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(key, "HmacSHA256"));
        mac.update((parts[0] + "." + parts[1]).getBytes(StandardCharsets.US_ASCII));
        if (!MessageDigest.isEqual(mac.doFinal(), signature)) {
            throw new Refusal("signature", "");
        }
        Map<String, Object> claims = objectOf(payload);
        check(claims, policy);
        return claims;
    }

    /** Holds the claims against the policy. */
    private static void check(Map<String, Object> claims, Map<String, Object> policy)
            throws Refusal {
        for (String name : List.of("exp", "nbf", "iat")) {
            boolean finite =
                    claims.get(name) instanceof Number date && Double.isFinite(date.doubleValue());
            if (claims.containsKey(name) && !finite) {
                throw new Refusal("missing-claim", name + " is no number");
            }
        }
        for (String name : List.of("iss", "sub", "jti")) {
            if (claims.containsKey(name) && !(claims.get(name) instanceof String)) {
                throw new Refusal("missing-claim", name + " is no text");
            }
        }
        List<?> audience = listed(claims, "aud");
        if (!audience.stream().allMatch(String.class::isInstance)) {
            throw new Refusal("missing-claim", "aud is no text");
        }
        double now = now(policy).getEpochSecond();
        double leeway = leeway(policy);
        if (claims.get("exp") instanceof Number exp && now >= exp.doubleValue() + leeway) {
            throw new Refusal("expired", "exp is " + exp);
        }
        if (claims.get("nbf") instanceof Number nbf && now + leeway < nbf.doubleValue()) {
            throw new Refusal("not-yet-valid", "nbf is " + nbf);
        }
        List<?> issuers = listed(policy, "issuer");
        if (!issuers.isEmpty() && !issuers.contains(claims.get("iss"))) {
            throw new Refusal("issuer", "iss is " + claims.get("iss"));
        }
        List<?> audiences = listed(policy, "audience");
        if (!audiences.isEmpty() && Collections.disjoint(audiences, audience)) {
            throw new Refusal("audience", "aud is " + audience);
        }
    }

    /** Decodes base64url, strictly: no padding, no white space, no unused bits. */
    private static byte[] octetsOf(String part) throws Refusal {
        try {
            byte[] octets = Base64.getUrlDecoder().decode(part);
            if (Base64.getUrlEncoder().withoutPadding().encodeToString(octets).equals(part)) {
                return octets;
            }
        } catch (IllegalArgumentException error) {
            // Refused like the rest.
        }
        throw new Refusal("malformed", "no strict base64url");
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> objectOf(byte[] octets) throws Refusal {
        try {
            if (Json.read(octets) instanceof Map<?, ?> object) {
                return (Map<String, Object>) object;
            }
        } catch (IllegalArgumentException error) {
            throw new Refusal("malformed", error.getMessage());
        }
        throw new Refusal("malformed", "no JSON object");
    }

    /** Gives a member that may be one value or several as a list, empty where it is absent. */
    static List<?> listed(Map<String, Object> object, String name) {
        Object value = object.get(name);
        if (value instanceof List<?> list) {
            return list;
        }
        return object.containsKey(name) ? Collections.singletonList(value) : new ArrayList<>();
    }

    /** Gives the octets of the policy's only key. */
    static byte[] secret(Map<String, Object> policy) throws Refusal {
        for (Object key : listed(policy, "keys")) {
            if (((Map<?, ?>) key).get("secret") instanceof String text) {
                return Base64.getDecoder().decode(text);
            }
        }
        throw new Refusal("key", "the policy has no secret");
    }

    /** Gives the verifier's clock. */
    static Instant now(Map<String, Object> policy) {
        return policy.get("now") instanceof Long now ? Instant.ofEpochSecond(now) : Instant.now();
    }

    /** Gives the seconds by which clocks may differ. */
    static long leeway(Map<String, Object> policy) {
        return policy.get("leeway") instanceof Long leeway ? leeway : 0;
    }

    // Nothing below needs to be changed: it is the shim's end of the protocol.

    private static final Map<String, Object> BAD_LINE = Map.of("error", "bad-line");

    public static void main(String[] arguments) throws IOException {
        var answers = new FileOutputStream(FileDescriptor.out);
        // Only answers may stand on stdout: what the library prints goes to stderr.
        System.setOut(System.err);
        var lines = new BufferedInputStream(System.in);
        for (byte[] line = nextLine(lines); line != null; line = nextLine(lines)) {
            Map<String, Object> answer = reply(line);
            if (answer == null) {
                break;
            }
            answers.write((Json.write(answer) + "\n").getBytes(StandardCharsets.UTF_8));
            answers.flush();
        }
        System.exit(0);
    }

    /** Gives the next line as octets, null at the end of the input. */
    private static byte[] nextLine(InputStream input) throws IOException {
        var line = new ByteArrayOutputStream();
        int octet = input.read();
        if (octet < 0) {
            return null;
        }
        for (; octet >= 0 && octet != '\n'; octet = input.read()) {
            line.write(octet);
        }
        return line.toByteArray();
    }

    /** Answers a line; null is the answer to stop. */
    private static Map<String, Object> reply(byte[] line) {
        Map<String, Object> request;
        try {
            request = objectOf(line);
        } catch (Refusal error) {
            return BAD_LINE;
        }
        if (!(request.get("cmd") instanceof String command)) {
            return BAD_LINE;
        }
        switch (command) {
            case "stop":
                return null;
            case "start":
                if (!Long.valueOf(1).equals(request.get("protocol"))) {
                    return Map.of("error", "unknown-protocol", "supported", List.of(1));
                }
                return Map.of("protocol", 1, "target", TARGET, "supports", SUPPORTS);
            case "verify":
                break;
            default:
                return Map.of("error", "unknown-cmd");
        }
        if (!(request.get("seq") instanceof Long seq
                && request.get("input") instanceof Map<?, ?>
                && request.get("policy") instanceof Map<?, ?>)) {
            return BAD_LINE;
        }
        var answer = new LinkedHashMap<String, Object>();
        answer.put("seq", seq);
        answer.putAll(judge(member(request, "input"), member(request, "policy")));
        return answer;
    }

    /** Shows the token to the library and says what came of it. */
    private static Map<String, Object> judge(
            Map<String, Object> shown, Map<String, Object> policy) {
        try {
            for (String need : needs(shown, policy)) {
                if (!SUPPORTS.contains(need)) {
                    throw new Unsupported(need);
                }
            }
            long started = System.nanoTime();
            Map<String, Object> claims = verify((String) shown.get("token"), policy);
            long took = System.nanoTime() - started;
            return Map.of("verdict", "accept", "claims", claims, "nanoseconds", took);
        } catch (Refusal error) {
            String detail = String.valueOf(error.getMessage());
            return Map.of("verdict", "reject", "reason", error.reason, "detail", detail);
        } catch (Unsupported error) {
            return Map.of("verdict", "unsupported", "feature", error.getMessage());
        } catch (Throwable error) {
            var trace = new StringWriter();
            error.printStackTrace(new PrintWriter(trace));
            return Map.of("fault", trace.toString());
        }
    }

    /** Gives the names of what the request asks for. */
    private static List<String> needs(Map<String, Object> shown, Map<String, Object> policy) {
        if (shown.containsKey("cookie") || policy.containsKey("cookie")) {
            Object scheme = member(policy, "cookie").get("scheme");
            return List.of(scheme == null ? "cookie" : (String) scheme);
        }
        var needs = new ArrayList<String>();
        listed(policy, "algorithms").forEach(name -> needs.add((String) name));
        needs.removeIf("none"::equals);
        if (!policy.containsKey("algorithms")) {
            needs.add("defaults");
        }
        // A String holds no octets that are no UTF-8.
        if (shown.containsKey("bytes")) {
            needs.add("bytes");
        }
        List<?> keys = listed(policy, "keys");
        if (Boolean.TRUE.equals(policy.get("jwks")) || keys.size() > 1) {
            needs.add("jwks");
        } else if (keys.size() == 1) {
            List<String> forms = forms((Map<?, ?>) keys.get(0));
            needs.addAll(Collections.disjoint(forms, SUPPORTS) ? forms : List.of());
        }
        for (String name : List.of("issuer", "audience")) {
            if (policy.containsKey(name)) {
                needs.add(listed(policy, name).size() == 1 ? name : name + "-list");
            }
        }
        for (String name : List.of("subject", "typ", "required_claims", "max_age", "critical")) {
            if (policy.containsKey(name)) {
                needs.add(name.replace('_', '-'));
            }
        }
        if (leeway(policy) != 0) {
            needs.add("leeway");
        }
        return needs;
    }

    /** Gives the forms in which a key is given, by the capabilities that read them. */
    private static List<String> forms(Map<?, ?> key) {
        var forms = new ArrayList<String>();
        for (String form : List.of("secret", "jwk", "jwk_text", "pem", "cert_pem", "der")) {
            if (key.containsKey(form)) {
                forms.add(
                        switch (form) {
                            case "jwk_text" -> "jwk";
                            case "cert_pem", "der" -> "pem";
                            default -> form;
                        });
            }
        }
        return forms;
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> member(Map<String, Object> object, String name) {
        return object.get(name) instanceof Map<?, ?> map ? (Map<String, Object>) map : Map.of();
    }

    /**
     * JSON by RFC 8259, and nothing more. An object is a Map, an array a List, a number a Long or a
     * Double. Of two members with one name the last is kept.
     */
    static final class Json {
        private static final Pattern NUMBER =
                Pattern.compile("(-?(?:0|[1-9][0-9]*))((?:\\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)");
        private static final int DEEPEST = 500;
        private final String text;
        private int at;

        private Json(String text) {
            this.text = text;
        }

        static Object read(byte[] octets) {
            Json json;
            try {
                var utf8 = StandardCharsets.UTF_8.newDecoder();
                json = new Json(utf8.decode(ByteBuffer.wrap(octets)).toString());
            } catch (CharacterCodingException error) {
                throw new IllegalArgumentException("no UTF-8");
            }
            Object value = json.value(0);
            json.peek();
            if (json.at != json.text.length()) {
                throw json.wrong();
            }
            return value;
        }

        private IllegalArgumentException wrong() {
            return new IllegalArgumentException("no JSON, at character " + at);
        }

        /** Skips white space and gives the next character, or NUL at the end. */
        private char peek() {
            while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
                at++;
            }
            return at < text.length() ? text.charAt(at) : '\0';
        }

        private char next() {
            if (at == text.length()) {
                throw wrong();
            }
            return text.charAt(at++);
        }

        /** Whether another member follows, after a comma, or the end does. */
        private boolean more(char end) {
            char mark = peek();
            if (mark != ',' && mark != end) {
                throw wrong();
            }
            at++;
            return mark == ',';
        }

        private Object value(int depth) {
            if (depth > DEEPEST) {
                throw new IllegalArgumentException("JSON that is too deep");
            }
            return switch (peek()) {
                case '{' -> object(depth);
                case '[' -> array(depth);
                case '"' -> string();
                case 't' -> word("true", true);
                case 'f' -> word("false", false);
                case 'n' -> word("null", null);
                default -> number();
            };
        }

        private Map<String, Object> object(int depth) {
            var object = new LinkedHashMap<String, Object>();
            at++;
            for (boolean more = peek() != '}' || more('}'); more; more = more('}')) {
                if (peek() != '"') {
                    throw wrong();
                }
                String name = string();
                if (peek() != ':') {
                    throw wrong();
                }
                at++;
                object.put(name, value(depth + 1));
            }
            return object;
        }

        private List<Object> array(int depth) {
            var array = new ArrayList<Object>();
            at++;
            for (boolean more = peek() != ']' || more(']'); more; more = more(']')) {
                array.add(value(depth + 1));
            }
            return array;
        }

        private Object word(String word, Object value) {
            if (!text.startsWith(word, at)) {
                throw wrong();
            }
            at += word.length();
            return value;
        }

        private Number number() {
            Matcher number = NUMBER.matcher(text).region(at, text.length());
            if (!number.lookingAt()) {
                throw wrong();
            }
            at = number.end();
            boolean whole = number.group(2).isEmpty() && number.group(1).length() <= 18;
            if (whole) {
                return Long.valueOf(number.group());
            }
            return Double.valueOf(number.group());
        }

        private String string() {
            var string = new StringBuilder();
            at++;
            for (char unit = next(); unit != '"'; unit = next()) {
                if (unit < ' ') {
                    throw wrong();
                }
                string.append(unit == '\\' ? escape() : unit);
            }
            return string.toString();
        }

        private char escape() {
            char unit = next();
            int known = "\"\\/bfnrt".indexOf(unit);
            if (known >= 0) {
                return "\"\\/\b\f\n\r\t".charAt(known);
            }
            if (unit != 'u' || at + 4 > text.length()) {
                throw wrong();
            }
            String digits = text.substring(at, at + 4);
            if (!digits.matches("[0-9a-fA-F]{4}")) {
                throw wrong();
            }
            at += 4;
            return (char) Integer.parseInt(digits, 16);
        }

        static String write(Object value) {
            var text = new StringBuilder();
            write(value, text);
            return text.toString();
        }

        private static void write(Object value, StringBuilder text) {
            if (value instanceof Map<?, ?> object) {
                String before = "{";
                for (var member : object.entrySet()) {
                    write(String.valueOf(member.getKey()), text.append(before));
                    write(member.getValue(), text.append(':'));
                    before = ",";
                }
                text.append(object.isEmpty() ? "{}" : "}");
            } else if (value instanceof Collection<?> array) {
                String before = "[";
                for (Object member : array) {
                    write(member, text.append(before));
                    before = ",";
                }
                text.append(array.isEmpty() ? "[]" : "]");
            } else if (value == null
                    || value instanceof Boolean
                    || value instanceof Number number && Double.isFinite(number.doubleValue())) {
                text.append(value);
            } else {
                // What JSON has no value for is its text.
                text.append('"');
                for (char unit : value.toString().toCharArray()) {
                    if (unit < ' ' || unit == '"' || unit == '\\') {
                        text.append(String.format("\\u%04x", (int) unit));
                    } else {
                        text.append(unit);
                    }
                }
                text.append('"');
            }
        }
    }
}

import com.google.api.client.auth.openidconnect.IdToken;
import com.google.api.client.auth.openidconnect.IdTokenVerifier;
import com.google.api.client.json.gson.GsonFactory;
import com.google.api.client.util.Data;
import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.cert.CertificateFactory;
import java.security.spec.X509EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * google-oauth-client: {@code IdToken.parse}, and of the token {@code verifySignature} with a key of the JDK, {@code verifyIssuer} and
 * {@code verifyAudience} where the policy names them, {@code verifyExpirationTime}, and {@code verifyIssuedAtTime} where it has the time.
 *
 * <p>The library knows RS256 and ES256 alone, each for its kind of key, and so needs no list of algorithms. It checks {@code exp} and
 * {@code iat}. A PEM text that the JDK cannot read never comes to it, and is refused here. Its {@code IOException} for a text that is
 * no token, {@code IllegalArgumentException} and the JDK's {@code GeneralSecurityException} are refusals.
 *
 * <p>With --verifier it is {@code IdTokenVerifier}, which fetches the keys: it is given the address of a server of this shim's on a
 * loopback port, which serves certificates by kid, as Google does, or else the JWK set, of which it reads keys that tell their {@code alg}.
 * It takes no key but so, and every token must name one.
 */
final class Shim {
    private static final List<String> SUPPORTS = List.of(
            "RS256", "ES256", "exp", "clock", "issuer", "issuer-list", "audience", "audience-list", "leeway", "defaults");

    private final Map<String, byte[]> served = new HashMap<>();
    private final String address;

    private Shim(HttpServer server) {
        address = "http://" + server.getAddress().getAddress().getHostAddress() + ":" + server.getAddress().getPort() + "/";
        server.createContext("/", exchange -> {
            byte[] body = served.get(exchange.getRequestURI().getPath().substring(1));
            exchange.getResponseHeaders().add("Content-Type", "application/json");
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
    }

    public static void main(String[] arguments) throws Exception {
        var given = List.of(arguments);
        if (given.contains("--sample")) {
            return;
        }
        boolean verifier = given.contains("--verifier");
        var supports = new ArrayList<>(SUPPORTS);
        supports.addAll(verifier ? List.of("jwks") : List.of("pem"));
        AssayShim.Token token = Shim::verify;
        if (verifier) {
            var server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
            token = new Shim(server)::fetched;
            server.start();
        }
        AssayShim.serveTokens(
                verifier ? "google-oauth-client-verifier" : "google-oauth-client",
                IdToken.class.getPackage().getImplementationVersion(),
                "https://github.com/googleapis/google-oauth-java-client",
                "https://github.com/googleapis/google-oauth-java-client/issues",
                supports,
                token);
    }

    private static Map<?, ?>[] verify(String text, AssayShim.Policy policy) throws Exception {
        PublicKey key = policy.keep("key", () -> key(policy.key()));
        IdToken token = parse(text);
        boolean signed;
        try {
            signed = token.verifySignature(key);
        } catch (GeneralSecurityException error) {
            throw new AssayShim.Reject("signature", error.toString());
        }
        if (!signed) {
            // It says the same of an algorithm that it does not know.
            boolean known = List.of("RS256", "ES256").contains(String.valueOf(token.getHeader().getAlgorithm()));
            throw new AssayShim.Reject(known ? "signature" : "algorithm", "verifySignature");
        }
        if (!policy.issuer.isEmpty() && !token.verifyIssuer(policy.issuer)) {
            throw new AssayShim.Reject("issuer", "verifyIssuer");
        }
        if (!policy.audience.isEmpty() && !token.verifyAudience(policy.audience)) {
            throw new AssayShim.Reject("audience", "verifyAudience");
        }
        if (!token.verifyExpirationTime(now(policy), policy.leeway)) {
            throw new AssayShim.Reject("expired", "verifyExpirationTime");
        }
        if (token.getPayload().getIssuedAtTimeSeconds() != null && !token.verifyIssuedAtTime(now(policy), policy.leeway)) {
            throw new AssayShim.Reject("not-yet-valid", "verifyIssuedAtTime");
        }
        return claims(token);
    }

    private Map<?, ?>[] fetched(String text, AssayShim.Policy policy) throws Exception {
        if (!policy.jwks) {
            throw new AssayShim.Unsupported(policy.key().pem() == null ? "jwk" : "pem");
        }
        IdTokenVerifier verifier = policy.keep("verifier", () -> verifier(policy));
        IdToken token = parse(text);
        if (!verifier.verify(token)) {
            throw new AssayShim.Reject("other", "verify");
        }
        return claims(token);
    }

    private IdTokenVerifier verifier(AssayShim.Policy policy) {
        String name = Integer.toString(served.size());
        var certificates = new LinkedHashMap<String, Object>();
        policy.keys.stream().filter(key -> key.certPem() != null).forEach(key -> certificates.put(key.kid(), key.certPem()));
        String body = certificates.size() == policy.keys.size() ? AssayShim.write(certificates) : policy.keySet();
        boolean read = certificates.size() == policy.keys.size()
                || policy.keys.stream().allMatch(key -> key.jwk() != null && key.jwk().get("alg") != null);
        if (!read) {
            throw new AssayShim.Unsupported("jwk");
        }
        served.put(name, body.getBytes(StandardCharsets.UTF_8));
        var builder = new IdTokenVerifier.Builder()
                .setCertificatesLocation(address + name)
                .setClock(() -> now(policy))
                .setAcceptableTimeSkewSeconds(policy.leeway);
        if (!policy.issuer.isEmpty()) {
            builder.setIssuers(policy.issuer);
        }
        if (!policy.audience.isEmpty()) {
            builder.setAudience(policy.audience);
        }
        return builder.build();
    }

    private static IdToken parse(String text) throws AssayShim.Reject {
        try {
            return IdToken.parse(GsonFactory.getDefaultInstance(), text);
        } catch (IOException | IllegalArgumentException error) {
            throw new AssayShim.Reject("malformed", error.toString());
        }
    }

    private static long now(AssayShim.Policy policy) {
        return policy.now == null ? System.currentTimeMillis() : policy.now * 1000;
    }

    /** What the payload holds; a null in JSON is an object of the library's. */
    private static Map<?, ?>[] claims(IdToken token) {
        return new Map<?, ?>[] {(Map<?, ?>) plain(token.getPayload()), (Map<?, ?>) plain(token.getHeader())};
    }

    private static Object plain(Object value) {
        if (Data.isNull(value)) {
            return null;
        }
        if (value instanceof Map<?, ?> members) {
            var plain = new LinkedHashMap<String, Object>();
            members.forEach((name, member) -> plain.put((String) name, plain(member)));
            return plain;
        }
        if (value instanceof Iterable<?> elements) {
            var plain = new ArrayList<Object>();
            elements.forEach(element -> plain.add(plain(element)));
            return plain;
        }
        return value;
    }

    private static PublicKey key(AssayShim.Key key) throws Exception {
        if (key.pem() == null && key.certPem() == null && key.der() == null) {
            throw new AssayShim.Unsupported(key.secret() == null ? "jwk" : "secret");
        }
        try {
            if (key.certPem() != null && key.pem() == null || key.pem() != null && key.pem().contains("BEGIN CERTIFICATE")) {
                var text = key.pem() == null ? key.certPem() : key.pem();
                var certificate = new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
                return CertificateFactory.getInstance("X.509").generateCertificate(certificate).getPublicKey();
            }
            byte[] der = key.der();
            if (key.pem() != null) {
                der = Base64.getMimeDecoder().decode(key.pem().replaceAll("-----[A-Z ]+-----", ""));
            }
            var spec = new X509EncodedKeySpec(der);
            try {
                return KeyFactory.getInstance("RSA").generatePublic(spec);
            } catch (GeneralSecurityException other) {
                return KeyFactory.getInstance("EC").generatePublic(spec);
            }
        } catch (GeneralSecurityException | IllegalArgumentException error) {
            throw new AssayShim.Reject("key", error.toString());
        }
    }
}

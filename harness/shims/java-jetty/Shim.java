import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;
import org.eclipse.jetty.server.LocalConnector;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.handler.AbstractHandler;

/**
 * Jetty: {@code HttpServletRequest.getCookies} in a handler, behind Jetty's own connector in memory, with its defaults.
 *
 * <p>The connector reads the octets of a request, so a field that it answers with 400, or with 431 for its size, is refused here too.
 */
final class Shim extends AbstractHandler {
    private volatile List<String[]> seen;
    private volatile Throwable failed;

    @Override
    public void handle(String target, Request base, HttpServletRequest request, HttpServletResponse response) {
        base.setHandled(true);
        try {
            var pairs = new ArrayList<String[]>();
            var cookies = request.getCookies();
            for (int at = 0; cookies != null && at < cookies.length; at++) {
                pairs.add(new String[] {cookies[at].getName(), cookies[at].getValue()});
            }
            seen = pairs;
        } catch (RuntimeException | Error error) {
            failed = error;
            throw error;
        }
    }

    public static void main(String[] arguments) throws Exception {
        if (List.of(arguments).contains("--sample")) {
            return;
        }
        var server = new Server();
        var connector = new LocalConnector(server);
        var handler = new Shim();
        server.addConnector(connector);
        server.setHandler(handler);
        server.start();
        AssayShim.serve(
                "jetty",
                Server.getVersion(),
                "https://jetty.org",
                "https://github.com/jetty/jetty.project/issues",
                true,
                lines -> handler.read(connector, lines));
    }

    private List<String[]> read(LocalConnector connector, List<byte[]> lines) throws Throwable {
        seen = null;
        failed = null;
        byte[] request = AssayShim.request(lines, "Connection: close\r\n");
        ByteBuffer response = connector.getResponse(ByteBuffer.wrap(request));
        String text = response == null ? "" : StandardCharsets.ISO_8859_1.decode(response).toString();
        String said = text.lines().findFirst().orElse("nothing");
        if (seen != null && said.startsWith("HTTP/1.1 200 ")) {
            return seen;
        }
        if (said.startsWith("HTTP/1.1 4")) {
            throw new AssayShim.Reject("malformed", "answered with " + said);
        }
        throw failed != null ? failed : new IllegalStateException("answered with " + said);
    }
}

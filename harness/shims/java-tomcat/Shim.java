import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.catalina.connector.Connector;
import org.apache.catalina.startup.Tomcat;
import org.apache.catalina.util.ServerInfo;

/**
 * Tomcat: {@code HttpServletRequest.getCookies} in a servlet, behind Tomcat's own connector on a loopback port, with its defaults.
 *
 * <p>The connector reads the octets of a request, so a field that it answers with 400, or with 431 for its size, is refused here too.
 */
final class Shim extends HttpServlet {
    private transient volatile List<String[]> seen;
    private transient volatile Throwable failed;

    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response) {
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

    /** The first argument is a folder that Tomcat may use. */
    public static void main(String[] arguments) throws Exception {
        if (List.of(arguments).contains("--sample")) {
            return;
        }
        var tomcat = new Tomcat();
        tomcat.setBaseDir(arguments[0]);
        var connector = new Connector();
        connector.setProperty("address", InetAddress.getLoopbackAddress().getHostAddress());
        connector.setPort(0);
        tomcat.setConnector(connector);
        var context = tomcat.addContext("", null);
        var servlet = new Shim();
        Tomcat.addServlet(context, "shim", servlet);
        context.addServletMappingDecoded("/", "shim");
        tomcat.start();
        int port = connector.getLocalPort();
        AssayShim.serve(
                "tomcat",
                ServerInfo.getServerNumber().replaceAll("\\.0$", ""),
                "https://tomcat.apache.org",
                "https://bz.apache.org/bugzilla/",
                true,
                lines -> servlet.read(port, lines));
    }

    private List<String[]> read(int port, List<byte[]> lines) throws Throwable {
        seen = null;
        failed = null;
        byte[] request = AssayShim.request(lines, "Connection: close\r\n");
        String said;
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            var answer = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.ISO_8859_1));
            try {
                socket.getOutputStream().write(request);
            } catch (IOException early) {
                // It may answer before it has read everything.
            }
            said = answer.readLine();
        }
        if (seen != null && said != null && said.startsWith("HTTP/1.1 200 ")) {
            return seen;
        }
        if (said != null && said.startsWith("HTTP/1.1 4")) {
            throw new AssayShim.Reject("malformed", "answered with " + said);
        }
        throw failed != null ? failed : new IllegalStateException("answered with " + said);
    }
}

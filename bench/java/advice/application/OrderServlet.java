package advice.application;

import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;

/** Answers with a few bytes. */
public class OrderServlet extends HttpServlet {
    private static final long serialVersionUID = 1L;
    private static final byte[] ORDER = {'{', '"', 'i', 'd', '"', ':', '1', '7', '}'};

    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {
        response.setContentType("application/json");
        response.setContentLength(ORDER.length);
        response.getOutputStream().write(ORDER);
    }
}

package shop;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RestController;

@RestController
public class GoodsController {
    private final JdbcTemplate jdbc;
    private final ExecutorService workers;

    public GoodsController(JdbcTemplate jdbc, ExecutorService workers) {
        this.jdbc = jdbc;
        this.workers = workers;
    }

    @GetMapping("/goods/{id}")
    public String goods(@PathVariable("id") int id) {
        return jdbc.queryForObject("SELECT name FROM goods WHERE id = ?", String.class, id);
    }

    @GetMapping("/all/{count}")
    public List<String> all(@PathVariable("count") int count) throws InterruptedException, ExecutionException {
        List<Future<String>> reads = new ArrayList<>();
        for (int id = 1; id <= count; id++) {
            int each = id;
            reads.add(workers.submit(() -> goods(each)));
        }
        List<String> names = new ArrayList<>();
        for (Future<String> read : reads) {
            names.add(read.get());
        }
        return names;
    }

    @GetMapping("/broken/{why}")
    public String broken(@PathVariable("why") String why) {
        throw new IllegalStateException(why);
    }
}

import java.util.List;
import javax.cache.Cache;
import org.apache.ignite.Ignition;
import org.apache.ignite.cache.query.FieldsQueryCursor;
import org.apache.ignite.cache.query.QueryCursor;
import org.apache.ignite.cache.query.ScanQuery;
import org.apache.ignite.cache.query.SqlFieldsQuery;
import org.apache.ignite.client.IgniteClient;
import org.apache.ignite.configuration.ClientConfiguration;

/**
 * Reads a statement's rows or a cache's entries with the Java thin client, as the benchmark's measure to compare with.
 *
 * <p>Usage: ThinRead host:port sql|scan STATEMENT|CACHE PAGE-SIZE RUNS [WARM-UP-SECONDS]
 *
 * <p>Prints one line a measured run: rows, seconds, and a sum over the values so that none of them is left unread.
 */
public class ThinRead {
    private static final double NANOS = 1e9;

    private final IgniteClient client;
    private final boolean isSql;
    private final String subject;
    private final int pageSize;
    private long rows;
    private long sum;

    private ThinRead(IgniteClient client, boolean isSql, String subject, int pageSize) {
        this.client = client;
        this.isSql = isSql;
        this.subject = subject;
        this.pageSize = pageSize;
    }

    public static void main(String[] args) {
        int runs = Integer.parseInt(args[4]);
        double warmUpSeconds = args.length > 5 ? Double.parseDouble(args[5]) : 3;
        ClientConfiguration configuration = new ClientConfiguration().setAddresses(args[0]);
        try (IgniteClient client = Ignition.startClient(configuration)) {
            ThinRead reader = new ThinRead(client, args[1].equals("sql"), args[2], Integer.parseInt(args[3]));
            long started = System.nanoTime();
            do {
                reader.read();
            }
            while ((System.nanoTime() - started) / NANOS < warmUpSeconds);
            for (int run = 0; run < runs; run++) {
                double seconds = reader.read();
                System.out.printf(java.util.Locale.ROOT, "%d %.6f %d%n", reader.rows, seconds, reader.sum);
            }
        }
    }

    /** Reads everything once; returns the seconds it took. */
    private double read() {
        rows = 0;
        sum = 0;
        long started = System.nanoTime();
        if (isSql) {
            readSql();
        }
        else {
            readScan();
        }
        return (System.nanoTime() - started) / NANOS;
    }

    private void readSql() {
        SqlFieldsQuery query = new SqlFieldsQuery(subject).setSchema("PUBLIC").setPageSize(pageSize);
        try (FieldsQueryCursor<List<?>> cursor = client.query(query)) {
            for (List<?> row : cursor) {
                rows++;
                for (Object value : row) {
                    sum += value == null ? 0 : value.hashCode();
                }
            }
        }
    }

    private void readScan() {
        ScanQuery<Object, Object> query = new ScanQuery<>().setPageSize(pageSize);
        try (QueryCursor<Cache.Entry<Object, Object>> cursor = client.cache(subject).query(query)) {
            for (Cache.Entry<Object, Object> entry : cursor) {
                rows++;
                sum += entry.getKey().hashCode() + entry.getValue().hashCode();
            }
        }
    }
}

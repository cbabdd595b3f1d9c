import com.aliyun.odps.Instance;
import com.aliyun.odps.Odps;
import com.aliyun.odps.OdpsException;
import com.aliyun.odps.PartitionSpec;
import com.aliyun.odps.data.Record;
import com.aliyun.odps.data.RecordReader;
import com.aliyun.odps.data.RecordWriter;
import com.aliyun.odps.rest.RestException;
import com.aliyun.odps.task.SQLTask;
import com.aliyun.odps.tunnel.TableTunnel;
import com.aliyun.odps.tunnel.TunnelException;
import com.aliyun.odps.tunnel.io.CompressOption;
import com.aliyun.odps.tunnel.io.CompressOption.CompressAlgorithm;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;

/** What all steps share: the entry, the tunnel, the names of the tables, SQL and rows in short. */
abstract class Steps {
    static final int ROWS = 3000;
    static final Map<String, String> HINTS = Map.of("odps.sql.type.system.odps2", "true");

    final Odps odps;
    final TableTunnel tunnel;
    final String project;
    final String people;
    final String sales;
    final String orders;
    final String zoo;

    Steps(Odps odps, String prefix) {
        this.odps = odps;
        tunnel = new TableTunnel(odps);
        project = odps.getDefaultProject();
        people = prefix + "_people";
        sales = prefix + "_sales";
        orders = prefix + "_orders";
        zoo = prefix + "_zoo";
    }

    /** What a step found must equal what it expected. */
    record Found(Object expected, Object actual) {}

    /** The code of the tunnel's error that a call ends in. */
    static String refusal(Callable<?> call) throws Exception {
        try {
            call.call();
            return "no error";
        }
        catch (TunnelException error) {
            return error.getErrorCode();
        }
    }

    /** The code of the metadata error that a call ends in; the SDK keeps it in the error's cause. */
    static String metadataRefusal(Callable<?> call) throws Exception {
        try {
            call.call();
            return "no error";
        }
        catch (OdpsException error) {
            Throwable cause = error;
            while (cause != null && !(cause instanceof RestException)) {
                cause = cause.getCause();
            }
            return cause == null ? error.toString() : ((RestException) cause).getErrorMessage().getErrorcode();
        }
    }

    Instance run(String sql) throws OdpsException {
        Instance job = SQLTask.run(odps, project, sql, HINTS, null);
        job.waitForSuccess(50);
        return job;
    }

    /** The rows of a query by the instance tunnel. */
    List<List<Object>> query(String sql) throws Exception {
        return SQLTask.getResultByInstanceTunnel(run(sql)).stream().map(Steps::values).toList();
    }

    static List<Object> values(Record record) {
        List<Object> values = new ArrayList<>();
        for (Object value : record.toArray()) {
            values.add(value instanceof byte[] bytes ? new String(bytes, StandardCharsets.UTF_8) : value);
        }
        return values;
    }

    static final CompressOption PLAIN = compression(CompressAlgorithm.ODPS_RAW);

    static CompressOption compression(CompressAlgorithm algorithm) {
        return new CompressOption(algorithm, 1, 0);
    }

    /** A number and a name, which is NULL for each tenth. */
    static List<Object> row(long number) {
        return Arrays.asList(number, number % 10 == 0 ? null : "n\u00e4me " + number);
    }

    static List<List<Object>> rows(long first, long count) {
        List<List<Object>> made = new ArrayList<>();
        for (long number = first; number < first + count; number++) {
            made.add(row(number));
        }
        return made;
    }

    static Record filled(Record record, List<Object> values) {
        for (int column = 0; column < values.size(); column++) {
            record.set(column, values.get(column));
        }
        return record;
    }

    void upload(TableTunnel.UploadSession session, long block, List<List<Object>> rows, CompressOption option)
        throws Exception {
        try (RecordWriter writer = session.openRecordWriter(block, option)) {
            for (List<Object> row : rows) {
                writer.write(filled(session.newRecord(), row));
            }
        }
    }

    List<List<Object>> download(String table, String partition) throws Exception {
        TableTunnel.DownloadSession session = session(table, partition);
        try (RecordReader reader = session.openRecordReader(0, session.getRecordCount())) {
            return all(reader);
        }
    }

    TableTunnel.DownloadSession session(String table, String partition) throws TunnelException {
        return partition.isEmpty() ? tunnel.createDownloadSession(project, table)
            : tunnel.createDownloadSession(project, table, new PartitionSpec(partition));
    }

    static List<List<Object>> all(RecordReader reader) throws Exception {
        List<List<Object>> rows = new ArrayList<>();
        for (Record record = reader.read(); record != null; record = reader.read()) {
            rows.add(values(record));
        }
        return rows;
    }
}

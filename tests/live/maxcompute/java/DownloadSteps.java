import com.aliyun.odps.Column;
import com.aliyun.odps.Odps;
import com.aliyun.odps.data.ArrowRecordReader;
import com.aliyun.odps.data.Binary;
import com.aliyun.odps.data.Char;
import com.aliyun.odps.data.RecordReader;
import com.aliyun.odps.data.SimpleStruct;
import com.aliyun.odps.data.Varchar;
import com.aliyun.odps.tunnel.InstanceTunnel;
import com.aliyun.odps.tunnel.TableTunnel.DownloadSession;
import com.aliyun.odps.tunnel.TableTunnel.UploadSession;
import com.aliyun.odps.tunnel.io.CompressOption.CompressAlgorithm;
import com.aliyun.odps.type.StructTypeInfo;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.ipc.ArrowStreamReader;

/** Ranges, columns, types, previews and results. */
class DownloadSteps extends Steps {
    DownloadSteps(Odps odps, String prefix) {
        super(odps, prefix);
    }

    Found ranges() throws Exception {
        DownloadSession session = session(people, "");
        DownloadSession again = tunnel.getDownloadSession(project, people, session.getId());
        try (RecordReader reader = again.openRecordReader(100, 50)) {
            return new Found(List.of((long) ROWS, rows(100, 50)), List.of(session.getRecordCount(), all(reader)));
        }
    }

    Found compressed() throws Exception {
        List<String> wrong = new ArrayList<>();
        for (CompressAlgorithm algorithm : List.of(CompressAlgorithm.ODPS_ZLIB, CompressAlgorithm.ODPS_SNAPPY,
            CompressAlgorithm.ODPS_LZ4_FRAME, CompressAlgorithm.ODPS_ZSTD)) {
            try (RecordReader reader = session(people, "").openRecordReader(0, ROWS, compression(algorithm))) {
                if (!rows(0, ROWS).equals(all(reader))) {
                    wrong.add(algorithm.toString());
                }
            }
        }
        return new Found(List.of(), wrong);
    }

    Found columns() throws Exception {
        DownloadSession session = session(people, "");
        List<Column> turned = List.of(session.getSchema().getColumn("name"), session.getSchema().getColumn("id"));
        try (RecordReader reader = session.openRecordReader(7, 1, false, turned)) {
            return new Found(List.of(List.of("n\u00e4me 7", 7L)), all(reader));
        }
    }

    Found arrow() throws Exception {
        List<String> wrong = new ArrayList<>();
        for (CompressAlgorithm algorithm : List.of(CompressAlgorithm.ODPS_RAW, CompressAlgorithm.ODPS_ZLIB,
            CompressAlgorithm.ODPS_SNAPPY, CompressAlgorithm.ODPS_ARROW_LZ4_FRAME)) {
            try (BufferAllocator allocator = new RootAllocator();
                ArrowRecordReader reader = session(people, "")
                    .openArrowRecordReader(0, ROWS, null, allocator, compression(algorithm))) {
                if (!rows(0, ROWS).equals(all(reader))) {
                    wrong.add(algorithm.toString());
                }
            }
        }
        return new Found(List.of(), wrong);
    }

    Found arrowColumns() throws Exception {
        DownloadSession session = session(people, "");
        List<Column> turned = List.of(session.getSchema().getColumn("name"), session.getSchema().getColumn("id"));
        try (BufferAllocator allocator = new RootAllocator();
            ArrowRecordReader reader = session.openArrowRecordReader(7, 1, turned, allocator)) {
            return new Found(List.of(List.of("n\u00e4me 7", 7L)), all(reader));
        }
    }

    private static List<List<Object>> all(ArrowRecordReader reader) throws Exception {
        List<List<Object>> rows = new ArrayList<>();
        for (VectorSchemaRoot root = reader.read(); root != null; root = reader.read()) {
            rows.addAll(rowsOf(root));
            root.close();
        }
        return rows;
    }

    private static List<List<Object>> rowsOf(VectorSchemaRoot root) {
        List<List<Object>> rows = new ArrayList<>();
        for (int at = 0; at < root.getRowCount(); at++) {
            List<Object> row = new ArrayList<>();
            for (FieldVector vector : root.getFieldVectors()) {
                Object value = vector.getObject(at);
                row.add(value == null || value instanceof Long ? value : value.toString());
            }
            rows.add(row);
        }
        return rows;
    }

    /** Every type goes up and down as records, and so does NULL. */
    Found everyType() throws Exception {
        UploadSession session = tunnel.createUploadSession(project, zoo);
        StructTypeInfo pair = (StructTypeInfo) session.getSchema().getColumn("pair").getTypeInfo();
        ZonedDateTime moment = ZonedDateTime.of(2026, 1, 2, 3, 4, 5, 678_000_000, ZoneOffset.UTC);
        List<Object> values = Arrays.asList((byte) -128, (short) 32767, Integer.MIN_VALUE, Long.MAX_VALUE, 0.5f, 1e308,
            true, "gr\u00fcn", new Char("abc", 3), new Varchar("abc", 9), new Binary(new byte[] {0, (byte) 0xff}),
            new BigDecimal("12345678901234567890.123456789012345678"), LocalDate.of(1969, 12, 31), moment,
            Instant.parse("2026-01-02T03:04:05.123456789Z"), LocalDateTime.parse("1969-12-31T23:59:59.999999999"),
            Arrays.asList(1L, null, 3L), Map.of("a", 1L), new SimpleStruct(pair, Arrays.asList(1L, null)));
        List<Object> nothing = Arrays.asList(new Object[values.size()]);
        upload(session, 0, List.of(values, nothing), PLAIN);
        session.commit(new Long[] {0L});
        return new Found(told(List.of(values, nothing)), told(download(zoo, "")));
    }

    /** Values as text; a time as its instant, whatever the zone of this machine. */
    private static String told(List<List<Object>> rows) {
        StringBuilder text = new StringBuilder();
        for (List<Object> row : rows) {
            for (Object value : row) {
                text.append(value instanceof ZonedDateTime time ? time.toInstant()
                    : value instanceof Binary bytes ? Arrays.toString(bytes.data())
                    : value instanceof SimpleStruct struct ? struct.getFieldValues() : value).append(' ');
            }
        }
        return text.toString();
    }

    /** What was written as records is read as Arrow data, in the SDK's own form of each type. */
    Found everyTypeAsArrow() throws Exception {
        List<String> found = new ArrayList<>();
        try (BufferAllocator allocator = new RootAllocator();
            ArrowRecordReader reader = session(zoo, "").openArrowRecordReader(0, 2, null, allocator)) {
            for (VectorSchemaRoot root = reader.read(); root != null; root = reader.read()) {
                for (FieldVector vector : root.getFieldVectors()) {
                    Object value = vector.getObject(0);
                    String text = value instanceof byte[] bytes ? Arrays.toString(bytes) : value.toString();
                    found.add(vector.getField().getType() + " " + text + " " + vector.getObject(1));
                }
                root.close();
            }
        }
        List<String> expected = List.of("Int(8, true) -128", "Int(16, true) 32767", "Int(32, true) -2147483648",
            "Int(64, true) 9223372036854775807", "FloatingPoint(SINGLE) 0.5", "FloatingPoint(DOUBLE) 1.0E308",
            "Bool true", "Utf8 gr\u00fcn", "Utf8 abc", "Utf8 abc", "Binary [0, -1]",
            "Decimal(38, 18, 128) 12345678901234567890.123456789012345678", "Date(DAY) -1",
            "Date(MILLISECOND) 2026-01-02T03:04:05.678", "Timestamp(NANOSECOND, null) 2026-01-02T03:04:05.123456789",
            "Timestamp(NANOSECOND, null) 1969-12-31T23:59:59.999999999", "List [1,null,3]",
            "Map(false) [{\"key\":\"a\",\"value\":1}]", "Struct {\"a\":1}");
        return new Found(expected.stream().map(text -> text + " null").toList(), found);
    }

    Found preview() throws Exception {
        try (ArrowStreamReader reader = tunnel.preview(project, "default", sales, "pt='again',hour=1", 1L)) {
            reader.loadNextBatch();
            List<Object> expected = Arrays.asList(90L, null, "again", 1L);
            return new Found(List.of(expected), rowsOf(reader.getVectorSchemaRoot()));
        }
    }

    Found result() throws Exception {
        InstanceTunnel.DownloadSession session = new InstanceTunnel(odps)
            .createDownloadSession(project, run("SELECT id, name FROM " + people + " ORDER BY id;").getId());
        try (RecordReader reader = session.openRecordReader(0, ROWS, compression(CompressAlgorithm.ODPS_ZSTD))) {
            return new Found(List.of((long) ROWS, rows(0, ROWS)), List.of(session.getRecordCount(), all(reader)));
        }
    }
}

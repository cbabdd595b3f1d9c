import com.aliyun.odps.Odps;
import com.aliyun.odps.PartitionSpec;
import com.aliyun.odps.data.ArrowRecordWriter;
import com.aliyun.odps.tunnel.TableTunnel;
import com.aliyun.odps.tunnel.TableTunnel.UploadSession;
import com.aliyun.odps.tunnel.impl.PartitionRecord;
import com.aliyun.odps.tunnel.io.CompressOption;
import com.aliyun.odps.tunnel.io.CompressOption.CompressAlgorithm;
import com.aliyun.odps.tunnel.streams.UpsertStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.VarCharVector;
import org.apache.arrow.vector.VectorSchemaRoot;

/** Blocks, streams and upserts. */
class UploadSteps extends Steps {
    UploadSteps(Odps odps, String prefix) {
        super(odps, prefix);
    }

    Found records() throws Exception {
        UploadSession session = tunnel.createUploadSession(project, people);
        long half = ROWS / 2;
        upload(session, 1, rows(half, half), PLAIN);
        upload(session, 0, rows(0, half), PLAIN);
        session.commit(new Long[] {0L, 1L});
        return new Found(rows(0, ROWS), download(people, ""));
    }

    /** Each compression of records, to a partition of its own. */
    Found compressed() throws Exception {
        List<CompressAlgorithm> algorithms = List.of(CompressAlgorithm.ODPS_ZLIB, CompressAlgorithm.ODPS_SNAPPY,
            CompressAlgorithm.ODPS_LZ4_FRAME, CompressAlgorithm.ODPS_ZSTD);
        List<String> passed = new ArrayList<>();
        for (CompressAlgorithm algorithm : algorithms) {
            PartitionSpec spec = new PartitionSpec("pt='" + algorithm + "',hour=1");
            odps.tables().get(sales).createPartition(spec, true);
            UploadSession session = tunnel.createUploadSession(project, sales, spec);
            upload(session, 0, rows(0, ROWS), compression(algorithm));
            session.commit(new Long[] {0L});
            passed.add(algorithm + " " + rows(0, ROWS).equals(download(sales, spec.toString())));
        }
        return new Found(algorithms.stream().map(algorithm -> algorithm + " true").toList(), passed);
    }

    /** Arrow data, plain and in each compression, one block each. */
    Found arrow() throws Exception {
        PartitionSpec spec = new PartitionSpec("pt='arrow',hour=1");
        odps.tables().get(sales).createPartition(spec, true);
        UploadSession session = tunnel.createUploadSession(project, sales, spec);
        List<CompressAlgorithm> algorithms = List.of(CompressAlgorithm.ODPS_RAW, CompressAlgorithm.ODPS_ZLIB,
            CompressAlgorithm.ODPS_SNAPPY, CompressAlgorithm.ODPS_ARROW_LZ4_FRAME);
        for (int block = 0; block < algorithms.size(); block++) {
            write(session, block, rows(block * 1000L, 1000), compression(algorithms.get(block)));
        }
        session.commit(new Long[] {0L, 1L, 2L, 3L});
        return new Found(rows(0, 4000), download(sales, spec.toString()));
    }

    private static void write(UploadSession session, long block, List<List<Object>> rows, CompressOption option)
        throws Exception {
        try (BufferAllocator allocator = new RootAllocator();
            VectorSchemaRoot root = VectorSchemaRoot.create(session.getArrowSchema(), allocator);
            ArrowRecordWriter writer = session.openArrowRecordWriter(block, option)) {
            BigIntVector ids = (BigIntVector) root.getVector("id");
            VarCharVector names = (VarCharVector) root.getVector("name");
            for (int at = 0; at < rows.size(); at++) {
                ids.setSafe(at, (Long) rows.get(at).get(0));
                Object name = rows.get(at).get(1);
                if (name == null) {
                    names.setNull(at);
                }
                else {
                    names.setSafe(at, name.toString().getBytes(StandardCharsets.UTF_8));
                }
            }
            root.setRowCount(rows.size());
            writer.write(root);
        }
    }

    /** A session found again by its id tells its blocks; a second commit adds nothing. */
    Found reopened() throws Exception {
        PartitionSpec spec = new PartitionSpec("pt='again',hour=1");
        odps.tables().get(sales).createPartition(spec, true);
        UploadSession first = tunnel.createUploadSession(project, sales, spec);
        upload(first, 7, rows(0, 5), PLAIN);
        UploadSession again = tunnel.getUploadSession(project, sales, spec, first.getId());
        List<Long> blocks = Arrays.asList(again.getBlockList());
        again.commit(new Long[] {7L});
        again.commit(new Long[] {7L});
        List<Object> found = List.of(blocks, again.getStatus().toString(), download(sales, spec.toString()));
        return new Found(List.of(List.of(7L), "CLOSED", rows(0, 5)), found);
    }

    Found overwrite() throws Exception {
        PartitionSpec spec = new PartitionSpec("pt='again',hour=1");
        UploadSession session = tunnel.createUploadSession(project, sales, spec, true);
        upload(session, 0, rows(90, 2), PLAIN);
        session.commit(new Long[] {0L});
        return new Found(rows(90, 2), download(sales, spec.toString()));
    }

    Found refused() throws Exception {
        UploadSession session = tunnel.createUploadSession(project, people);
        List<String> codes = List.of(
            refusal(() -> tunnel.createUploadSession(project, "absent")),
            refusal(() -> tunnel.createUploadSession(project, sales, new PartitionSpec("pt='absent',hour=1"))),
            refusal(() -> tunnel.getUploadSession(project, people, "absent").getStatus()));
        session.commit(new Long[] {});
        return new Found(List.of("NoSuchTable", "NoSuchPartition", "NoSuchUpload"), codes);
    }

    Found stream() throws Exception {
        TableTunnel.StreamUploadSession session = tunnel.buildStreamUploadSession(project, sales)
            .setPartitionSpec("pt='stream',hour=1").setCreatePartition(true).setSlotNum(2).build();
        int packs = 3;
        for (int pack = 0; pack < packs; pack++) {
            TableTunnel.StreamRecordPack made = session.newRecordPack(compression(CompressAlgorithm.ODPS_ZSTD));
            for (List<Object> row : rows(pack * 10L, 10)) {
                made.append(filled(session.newRecord(), row));
            }
            if (made.flush().isEmpty()) {
                return new Found("a request id", "none");
            }
        }
        return new Found(rows(0, 30), download(sales, "pt='stream',hour=1"));
    }

    Found dynamicStream() throws Exception {
        TableTunnel.StreamUploadSession session =
            tunnel.buildStreamUploadSession(project, sales).setDynamicPartition(true).build();
        TableTunnel.StreamRecordPack pack = session.newRecordPack();
        for (int number = 0; number < 6; number++) {
            PartitionRecord record = (PartitionRecord) session.newRecord();
            filled(record, row(number));
            record.setPartition(new PartitionSpec("pt='dynamic',hour=" + number % 2));
            pack.append(record);
        }
        pack.flush();
        List<Object> found = List.of(download(sales, "pt='dynamic',hour=0"), download(sales, "pt='dynamic',hour=1"));
        return new Found(List.of(List.of(row(0), row(2), row(4)), List.of(row(1), row(3), row(5))), found);
    }

    Found upsert() throws Exception {
        upserts(rows(0, 200), List.of());
        upserts(List.of(Arrays.asList(3L, "changed"), row(500)), List.of(row(4), row(5)));
        List<List<Object>> expected = new ArrayList<>(rows(0, 200));
        expected.set(3, Arrays.asList(3L, "changed"));
        expected.subList(4, 6).clear();
        expected.add(row(500));
        List<List<Object>> found = new ArrayList<>(download(orders, ""));
        found.sort(Comparator.comparing(row -> (Long) row.get(0)));
        return new Found(expected, found);
    }

    private void upserts(List<List<Object>> puts, List<List<Object>> deletes) throws Exception {
        TableTunnel.UpsertSession session = tunnel.buildUpsertSession(project, orders).setSlotNum(2).build();
        try (UpsertStream stream = session.buildUpsertStream().build()) {
            for (List<Object> row : puts) {
                stream.upsert(filled(session.newRecord(), row));
            }
            for (List<Object> row : deletes) {
                stream.delete(filled(session.newRecord(), row));
            }
        }
        session.commit(false);
        session.close();
    }

    Found abort() throws Exception {
        long before = session(orders, "").getRecordCount();
        TableTunnel.UpsertSession session = tunnel.buildUpsertSession(project, orders).build();
        try (UpsertStream stream = session.buildUpsertStream().build()) {
            stream.upsert(filled(session.newRecord(), row(900)));
        }
        session.abort();
        session.close();
        return new Found(before, session(orders, "").getRecordCount());
    }
}

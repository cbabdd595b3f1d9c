import com.aliyun.odps.Column;
import com.aliyun.odps.Odps;
import com.aliyun.odps.OdpsException;
import com.aliyun.odps.Partition;
import com.aliyun.odps.PartitionSpec;
import com.aliyun.odps.Table;
import com.aliyun.odps.account.AliyunAccount;
import com.aliyun.odps.data.Record;
import com.aliyun.odps.task.SQLTask;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Projects, tables, partitions, and SQL as jobs. */
class TableSteps extends Steps {
    TableSteps(Odps odps, String prefix) {
        super(odps, prefix);
    }

    Found wrongSecret(String key) throws Exception {
        Odps stranger = new Odps(new AliyunAccount(key, "wrong"));
        stranger.setEndpoint(odps.getEndpoint());
        stranger.setDefaultProject(project);
        return new Found("SignatureNotMatch", metadataRefusal(() -> stranger.tables().exists("any")));
    }

    Found project() throws Exception {
        odps.projects().get(project).reload();
        List<Boolean> found = List.of(odps.projects().exists(project), odps.projects().exists("absent"));
        return new Found(List.of(true, false), found);
    }

    Found create() throws Exception {
        run("CREATE TABLE " + people + " (id BIGINT, name STRING COMMENT 'of a person') LIFECYCLE 7;");
        run("CREATE TABLE " + sales + " (id BIGINT, name STRING) PARTITIONED BY (pt STRING, hour BIGINT);");
        run("CREATE TABLE " + orders + " (id BIGINT NOT NULL, name STRING, PRIMARY KEY (id))"
            + " TBLPROPERTIES ('transactional'='true', 'write.bucket.num'='4');");
        run("CREATE TABLE " + zoo + " (tiny TINYINT, small SMALLINT, medium INT, big BIGINT, single FLOAT,"
            + " twice DOUBLE, yes BOOLEAN, words STRING, fixed CHAR(3), short VARCHAR(9), raw BINARY,"
            + " money DECIMAL(38,18), day DATE, moment DATETIME, instant TIMESTAMP, wall TIMESTAMP_NTZ,"
            + " numbers ARRAY<BIGINT>, names MAP<STRING,BIGINT>, pair STRUCT<a:BIGINT,b:STRING>);");
        return new Found(true, odps.tables().exists(people) && odps.tables().exists(zoo));
    }

    Found describe() throws Exception {
        Table table = odps.tables().get(people);
        List<Object> told = new ArrayList<>(List.of(table.getLife(), table.isVirtualView(), table.isPartitioned()));
        for (Column column : table.getSchema().getColumns()) {
            told.add(column.getName() + " " + column.getTypeInfo().getTypeName() + " " + column.getComment());
        }
        boolean isTransactional = odps.tables().get(orders).isTransactional();
        told.add(isTransactional + " " + odps.tables().get(orders).getPrimaryKey());
        return new Found(List.of(7L, false, false, "id BIGINT ", "name STRING of a person", "true [id]").toString(),
            told.toString().replace("null", ""));
    }

    Found partitions() throws Exception {
        Table table = odps.tables().get(sales);
        table.createPartition(new PartitionSpec("pt='a',hour=1"), true);
        table.createPartition(new PartitionSpec("pt='b',hour=2"), true);
        table.deletePartition(new PartitionSpec("pt='a',hour=1"), true);
        List<String> specs = new ArrayList<>();
        for (Partition partition : table.getPartitions()) {
            specs.add(partition.getPartitionSpec().toString(false, true));
        }
        return new Found(List.of("pt=b/hour=2"), specs);
    }

    Found query() throws Exception {
        List<List<Object>> found = query("SELECT COUNT(*) AS c, SUM(id) AS s FROM " + people + ";");
        return new Found(List.of(Arrays.asList((long) ROWS, ROWS * (ROWS - 1L) / 2)), found);
    }

    Found text() throws Exception {
        String sql = "SELECT id, name FROM " + people + " WHERE id < 3 ORDER BY id LIMIT 3;";
        List<Record> rows = SQLTask.getResult(run(sql));
        List<List<Object>> found = rows.stream().map(Steps::values).toList();
        return new Found("[[0, \\N], [1, n\u00e4me 1], [2, n\u00e4me 2]]", found.toString().replace("null", "\\N"));
    }

    Found error() throws Exception {
        String said;
        try {
            run("SELECT absent FROM " + people + ";");
            said = "no error";
        }
        catch (OdpsException error) {
            said = error.getMessage().contains("absent") ? "said" : error.getMessage();
        }
        return new Found("said", said);
    }

    Found drop() throws Exception {
        for (String name : List.of(people, sales, orders, zoo)) {
            odps.tables().delete(name);
        }
        return new Found(false, odps.tables().exists(people));
    }
}

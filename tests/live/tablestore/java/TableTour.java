import com.alicloud.openservices.tablestore.ClientConfiguration;
import com.alicloud.openservices.tablestore.SyncClient;
import com.alicloud.openservices.tablestore.core.ResourceManager;
import com.alicloud.openservices.tablestore.core.auth.CredentialsProvider;
import com.alicloud.openservices.tablestore.core.auth.DefaultCredentialProvider;
import com.alicloud.openservices.tablestore.core.auth.DefaultCredentials;
import com.alicloud.openservices.tablestore.core.auth.ServiceCredentials;
import com.alicloud.openservices.tablestore.core.auth.V4Credentials;
import com.alicloud.openservices.tablestore.model.Direction;
import java.util.Arrays;
import java.util.Objects;
import java.util.concurrent.Callable;

/**
 * A tour of the vendor's SDK over one instance: one line a step, exit code 0 when every step got what it expected.
 *
 * <p>Usage: TableTour endpoint instance [region=R] [compressed], with the key in OTS_AK_ENV and OTS_SK_ENV and maybe a
 * token in OTS_STS_ENV. A region means version 4 of the signature; "compressed" deflates requests and answers.
 * Indexes are expected to follow their table at once, as those of the sandbox do.
 */
public class TableTour {
    private final String[] place;
    private final TableSteps tables;
    private final RowSteps rows;
    private final RangeSteps ranges;
    private final QuerySteps queries;
    private int failed;

    private TableTour(String[] place, SyncClient client) {
        String prefix = "tour_" + Long.toString(System.nanoTime(), 36);
        this.place = place;
        tables = new TableSteps(client, prefix);
        rows = new RowSteps(client, prefix);
        ranges = new RangeSteps(client, prefix);
        queries = new QuerySteps(client, prefix);
    }

    public static void main(String[] args) {
        DefaultCredentials key = new DefaultCredentials(
            System.getenv("OTS_AK_ENV"), System.getenv("OTS_SK_ENV"), System.getenv("OTS_STS_ENV"));
        SyncClient client = connect(args, key);
        int failed;
        try {
            failed = new TableTour(args, client).walk();
        }
        finally {
            client.shutdown();
        }
        System.exit(failed == 0 ? 0 : 1);
    }

    private static SyncClient connect(String[] args, ServiceCredentials key) {
        ClientConfiguration configuration = new ClientConfiguration();
        CredentialsProvider provider = new DefaultCredentialProvider(key);
        for (String option : Arrays.copyOfRange(args, 2, args.length)) {
            if (option.equals("compressed")) {
                configuration.setEnableRequestCompression(true);
                configuration.setEnableResponseCompression(true);
            }
            else {
                String region = option.substring("region=".length());
                provider = new DefaultCredentialProvider(V4Credentials.createByServiceCredentials(key, region));
            }
        }
        return new SyncClient(args[0], provider, args[1], configuration, new ResourceManager(configuration, null));
    }

    private int walk() {
        step("create tables", tables::create);
        step("create a table twice", () -> new Steps.Found("OTSObjectAlreadyExist", Steps.refusal(tables::create)));
        step("wrong secret", this::wrongSecret);
        step("describe tables", tables::describe);
        step("update a table's options", tables::updateOptions);
        step("put and get every type", rows::everyType);
        step("auto-increment", rows::autoIncrement);
        step("conditions", rows::conditions);
        step("update, increment, delete columns", rows::update);
        step("versions", rows::versions);
        step("delete a row", rows::delete);
        step("batch write", rows::batchWrite);
        step("batch write, all or nothing", rows::atomicBatch);
        step("batch get", rows::batchGet);
        step("many requests at once", rows::manyAtOnce);
        step("range forward in pages", () -> ranges.inPages(Direction.FORWARD));
        step("range backward in pages", () -> ranges.inPages(Direction.BACKWARD));
        step("range by iterator", ranges::iterator);
        step("range with a filter", ranges::filtered);
        step("range with columns", ranges::columns);
        step("range of a secondary index", ranges::secondaryIndex);
        step("search index", queries::searchIndex);
        step("search in pages", queries::search);
        step("SQL mapping", queries::sqlMapping);
        step("SQL query", queries::sqlQuery);
        step("SQL without rows", queries::sqlEmpty);
        step("SQL error", queries::sqlError);
        step("split points", tables::splits);
        step("transaction aborted and committed", rows::transactions);
        step("list and delete tables", tables::delete);
        return failed;
    }

    private void step(String name, Callable<Steps.Found> body) {
        String said;
        try {
            Steps.Found found = body.call();
            if (Objects.equals(found.expected(), found.actual())) {
                System.out.println("ok      " + name);
                return;
            }
            said = "expected " + found.expected() + " but got " + found.actual();
        }
        catch (Exception error) {
            said = error + ours(error);
        }
        failed++;
        System.out.println("FAILED  " + name + ": " + said);
    }

    /** Where in the tour an error came up. */
    private static String ours(Exception error) {
        return Arrays.stream(error.getStackTrace()).filter(frame -> frame.getClassName().endsWith("Steps")).findFirst()
            .map(frame -> " in " + frame.getFileName() + " line " + frame.getLineNumber()).orElse("");
    }

    private Steps.Found wrongSecret() throws Exception {
        SyncClient stranger = connect(place, new DefaultCredentials(System.getenv("OTS_AK_ENV"), "wrong"));
        try {
            return new Steps.Found("OTSAuthFailed", Steps.refusal(stranger::listTable));
        }
        finally {
            stranger.shutdown();
        }
    }
}

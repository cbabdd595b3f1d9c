import com.aliyun.odps.Odps;
import com.aliyun.odps.account.Account;
import com.aliyun.odps.account.AliyunAccount;
import com.aliyun.odps.account.StsAccount;
import java.util.Arrays;
import java.util.Objects;
import java.util.concurrent.Callable;

/**
 * A tour of the vendor's SDK over one project: one line a step, exit code 0 when every step got what it expected.
 *
 * <p>Usage: OdpsTour endpoint project [region=R], with the key in ODPS_AK_ENV and ODPS_SK_ENV and maybe a token in
 * ODPS_STS_ENV. A region means version 4 of the signature. The tunnel's address is asked of the endpoint.
 */
public class OdpsTour {
    private final TableSteps tables;
    private final UploadSteps uploads;
    private final DownloadSteps downloads;
    private int failed;

    private OdpsTour(Odps odps) {
        String prefix = "tour_" + Long.toString(System.nanoTime(), 36);
        tables = new TableSteps(odps, prefix);
        uploads = new UploadSteps(odps, prefix);
        downloads = new DownloadSteps(odps, prefix);
    }

    public static void main(String[] args) {
        int failed = new OdpsTour(connect(args)).walk();
        System.exit(failed == 0 ? 0 : 1);
    }

    private static Odps connect(String[] args) {
        String key = System.getenv("ODPS_AK_ENV");
        String secret = System.getenv("ODPS_SK_ENV");
        String token = System.getenv("ODPS_STS_ENV");
        String region = args.length > 2 ? args[2].substring("region=".length()) : null;
        Account account = token == null
            ? new AliyunAccount(key, secret, region) : new StsAccount(key, secret, token, region);
        Odps odps = new Odps(account);
        odps.setEndpoint(args[0]);
        odps.setDefaultProject(args[1]);
        odps.getRestClient().setRetryTimes(0);
        return odps;
    }

    private int walk() {
        step("wrong secret", () -> tables.wrongSecret(System.getenv("ODPS_AK_ENV")));
        step("project", tables::project);
        step("create tables", tables::create);
        step("describe tables", tables::describe);
        step("partitions", tables::partitions);
        step("upload records", uploads::records);
        step("upload compressed records", uploads::compressed);
        step("upload Arrow", uploads::arrow);
        step("reopen an upload", uploads::reopened);
        step("overwrite a partition", uploads::overwrite);
        step("refused uploads", uploads::refused);
        step("stream", uploads::stream);
        step("stream to dynamic partitions", uploads::dynamicStream);
        step("upsert and delete", uploads::upsert);
        step("abort an upsert", uploads::abort);
        step("download ranges", downloads::ranges);
        step("download compressed records", downloads::compressed);
        step("download columns", downloads::columns);
        step("download Arrow", downloads::arrow);
        step("download Arrow columns", downloads::arrowColumns);
        step("every type", downloads::everyType);
        step("every type as Arrow", downloads::everyTypeAsArrow);
        step("preview", downloads::preview);
        step("SQL query", tables::query);
        step("SQL result as text", tables::text);
        step("SQL result by tunnel", downloads::result);
        step("SQL error", tables::error);
        step("drop tables", tables::drop);
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
}

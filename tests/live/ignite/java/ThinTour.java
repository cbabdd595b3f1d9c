import java.math.BigDecimal;
import java.sql.Date;
import java.sql.Timestamp;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.cache.Cache;
import javax.cache.expiry.CreatedExpiryPolicy;
import javax.cache.expiry.Duration;
import org.apache.ignite.Ignition;
import org.apache.ignite.binary.BinaryObject;
import org.apache.ignite.cache.CacheAtomicityMode;
import org.apache.ignite.cache.CacheMode;
import org.apache.ignite.cache.QueryEntity;
import org.apache.ignite.cache.QueryIndex;
import org.apache.ignite.cache.query.ContinuousQuery;
import org.apache.ignite.cache.query.FieldsQueryCursor;
import org.apache.ignite.cache.query.IndexQuery;
import org.apache.ignite.cache.query.IndexQueryCriteriaBuilder;
import org.apache.ignite.cache.query.QueryCursor;
import org.apache.ignite.cache.query.ScanQuery;
import org.apache.ignite.cache.query.SqlFieldsQuery;
import org.apache.ignite.client.ClientAtomicLong;
import org.apache.ignite.client.ClientCache;
import org.apache.ignite.client.ClientCacheConfiguration;
import org.apache.ignite.client.ClientCollectionConfiguration;
import org.apache.ignite.client.ClientException;
import org.apache.ignite.client.ClientFeatureNotSupportedByServerException;
import org.apache.ignite.client.ClientIgniteSet;
import org.apache.ignite.client.ClientTransaction;
import org.apache.ignite.client.IgniteClient;
import org.apache.ignite.client.SslMode;
import org.apache.ignite.cluster.ClusterState;
import org.apache.ignite.configuration.ClientConfiguration;
import org.apache.ignite.transactions.TransactionConcurrency;
import org.apache.ignite.transactions.TransactionIsolation;

/**
 * A tour of the Java thin client over one cluster: one line a step, exit code 0 when every step got what it expected.
 *
 * <p>Usage: ThinTour host:port[,host:port...] [user password trust-store trust-store-password]
 */
public class ThinTour {
    private static final int SCANNED = 100;

    private final IgniteClient client;
    private final String prefix = "tour_" + Long.toString(System.nanoTime(), 36);
    private int failed;

    private ThinTour(IgniteClient client) {
        this.client = client;
    }

    /** One step: what it found must equal what it expected. */
    private record Found(Object expected, Object actual) {}

    public static void main(String[] args) throws Exception {
        try (IgniteClient client = Ignition.startClient(configuration(args))) {
            System.out.println("ok      connect");
            System.exit(new ThinTour(client).walk());
        }
        catch (Exception error) {
            System.out.println("FAILED  connect: " + error);
            System.exit(1);
        }
    }

    private static ClientConfiguration configuration(String[] args) {
        ClientConfiguration configuration = new ClientConfiguration().setAddresses(args[0].split(",")).setTimeout(20_000);
        if (args.length > 1) {
            configuration.setUserName(args[1]).setUserPassword(args[2]);
        }
        if (args.length > 3) {
            configuration.setSslMode(SslMode.REQUIRED).setSslTrustCertificateKeyStorePath(args[3])
                .setSslTrustCertificateKeyStorePassword(args[4]).setSslTrustCertificateKeyStoreType("PKCS12")
                .setSslClientCertificateKeyStorePath(args[3]).setSslClientCertificateKeyStorePassword(args[4])
                .setSslClientCertificateKeyStoreType("PKCS12");
        }
        return configuration;
    }

    private int walk() {
        step("cluster state", () -> new Found(ClusterState.ACTIVE, client.cluster().state()));
        step("cluster nodes", this::nodes);
        step("create a cache by name", this::createByName);
        step("put and get", this::putAndGet);
        step("every simple type", this::simpleTypes);
        step("conditional writes", this::conditionalWrites);
        step("many keys at once", this::manyKeys);
        step("scan in pages", this::scan);
        step("scan left early", this::scanLeftEarly);
        step("expiry of a put", this::expiry);
        step("cache with properties", this::cacheWithProperties);
        step("transaction rolled back and committed", this::transactions);
        step("binary object", this::binaryObject);
        step("SQL table", this::sqlTable);
        step("SQL types", this::sqlTypes);
        step("SQL in pages", this::sqlInPages);
        step("SQL error", this::sqlError);
        step("SYS view", this::sysView);
        step("changes as they happen", this::changes);
        step("index query", this::indexQuery);
        step("write-ahead log of a cache", this::writeAheadLog);
        step("services", () -> new Found(List.of(), new ArrayList<>(client.services().serviceDescriptors())));
        step("atomic long", this::atomicLong);
        step("set", this::set);
        step("drop table and destroy caches", this::cleanUp);
        return failed == 0 ? 0 : 1;
    }

    private void step(String name, Callable<Found> body) {
        String said;
        try {
            Found found = body.call();
            if (Objects.equals(found.expected, found.actual)) {
                System.out.println("ok      " + name);
                return;
            }
            said = "expected " + found.expected + " but got " + found.actual;
        }
        catch (ClientFeatureNotSupportedByServerException missing) {
            System.out.println("absent  " + name + ": the server does not offer it");
            return;
        }
        catch (Exception error) {
            said = String.valueOf(error);
        }
        failed++;
        System.out.println("FAILED  " + name + ": " + said);
    }

    private Found nodes() {
        Collection<?> nodes = client.cluster().nodes();
        return new Found(true, !nodes.isEmpty());
    }

    private ClientCache<Integer, String> plain() {
        return client.getOrCreateCache(prefix);
    }

    private Found createByName() {
        client.createCache(prefix);
        return new Found(true, client.cacheNames().contains(prefix));
    }

    private Found putAndGet() {
        ClientCache<Integer, String> cache = plain();
        cache.put(1, "one");
        cache.put(1, "eins");
        List<Object> got = Arrays.asList(cache.get(1), cache.get(2), cache.containsKey(1), cache.containsKey(2), cache.size());
        return new Found(Arrays.asList("eins", null, true, false, 1), got);
    }

    private Found simpleTypes() {
        ClientCache<Object, Object> cache = client.getOrCreateCache(prefix + "_types");
        Map<Object, Object> sent = new HashMap<>();
        for (Object value : new Object[] {
            (byte) 1, (short) 2, 3, 4L, 5.5f, 6.5d, 'c', true, "text \u00e4\u4e16\u0000end", new BigDecimal("1.50"),
            new BigDecimal("-123456789012345678901234567890.123456789"), new java.util.UUID(1, 2), new java.util.Date(1_700_000_000_123L)
        }) {
            sent.put(value, value);
        }
        sent.forEach(cache::put);
        Map<Object, Object> got = new HashMap<>(cache.getAll(sent.keySet()));
        Timestamp nanos = Timestamp.valueOf("2024-02-29 23:59:59.123456789");
        cache.put("timestamp", nanos);
        cache.put("bytes", new byte[] {1, 0, -1});
        cache.put("list", new ArrayList<>(Arrays.asList(1, "a", null)));
        cache.put("map", new TreeMap<>(Map.of("k", 1)).descendingMap().size());
        List<Object> more = Arrays.asList(got, cache.get("timestamp"), Arrays.toString((byte[]) cache.get("bytes")), cache.get("list"));
        return new Found(Arrays.asList(sent, nanos, "[1, 0, -1]", Arrays.asList(1, "a", null)), more);
    }

    private Found conditionalWrites() {
        ClientCache<Integer, String> cache = plain();
        cache.clear();
        List<Object> got = new ArrayList<>();
        got.add(cache.putIfAbsent(1, "a"));
        got.add(cache.putIfAbsent(1, "b"));
        got.add(cache.replace(2, "x"));
        got.add(cache.replace(1, "other", "x"));
        got.add(cache.replace(1, "a", "c"));
        got.add(cache.getAndPut(1, "d"));
        got.add(cache.getAndReplace(1, "e"));
        got.add(cache.remove(1, "other"));
        got.add(cache.remove(1, "e"));
        got.add(cache.getAndPutIfAbsent(1, "f"));
        got.add(cache.getAndRemove(1));
        got.add(cache.remove(1));
        return new Found(Arrays.asList(true, false, false, false, true, "c", "d", false, true, null, "f", false), got);
    }

    private Found manyKeys() {
        ClientCache<Integer, String> cache = plain();
        cache.clear();
        Map<Integer, String> sent = new HashMap<>();
        for (int key = 0; key < SCANNED; key++) {
            sent.put(key, "value " + key);
        }
        cache.putAll(sent);
        Map<Integer, String> got = new HashMap<>(cache.getAll(sent.keySet()));
        cache.removeAll(Set.of(0, 1));
        boolean isLeft = cache.containsKeys(Set.of(2, 3));
        return new Found(Arrays.asList(sent, true, SCANNED - 2), Arrays.asList(got, isLeft, cache.size()));
    }

    private Found scan() {
        Set<Integer> keys = new HashSet<>();
        try (QueryCursor<Cache.Entry<Integer, String>> cursor = plain().query(new ScanQuery<Integer, String>().setPageSize(7))) {
            for (Cache.Entry<Integer, String> entry : cursor) {
                if (entry.getValue().equals("value " + entry.getKey())) {
                    keys.add(entry.getKey());
                }
            }
        }
        return new Found(SCANNED - 2, keys.size());
    }

    private Found scanLeftEarly() {
        try (QueryCursor<Cache.Entry<Integer, String>> cursor = plain().query(new ScanQuery<Integer, String>().setPageSize(3))) {
            return new Found(true, cursor.iterator().hasNext());
        }
    }

    private Found expiry() throws InterruptedException {
        ClientCache<Integer, String> cache = plain();
        cache.withExpirePolicy(new CreatedExpiryPolicy(new Duration(TimeUnit.MILLISECONDS, 50))).put(-1, "short");
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (cache.containsKey(-1) && System.nanoTime() < deadline) {
            Thread.onSpinWait();
        }
        return new Found(false, cache.containsKey(-1));
    }

    private Found cacheWithProperties() {
        String name = prefix + "_tx";
        ClientCacheConfiguration wanted = new ClientCacheConfiguration().setName(name).setBackups(1)
            .setAtomicityMode(CacheAtomicityMode.TRANSACTIONAL).setCacheMode(CacheMode.PARTITIONED);
        client.createCache(wanted);
        ClientCacheConfiguration got = client.cache(name).getConfiguration();
        return new Found(Arrays.asList(name, 1, CacheAtomicityMode.TRANSACTIONAL, CacheMode.PARTITIONED),
            Arrays.asList(got.getName(), got.getBackups(), got.getAtomicityMode(), got.getCacheMode()));
    }

    private Found transactions() {
        ClientCache<Integer, String> cache = client.cache(prefix + "_tx");
        cache.put(1, "before");
        List<Object> got = new ArrayList<>();
        try (ClientTransaction tx = client.transactions()
            .txStart(TransactionConcurrency.PESSIMISTIC, TransactionIsolation.REPEATABLE_READ)) {
            cache.put(1, "inside");
            got.add(cache.get(1));
            tx.rollback();
        }
        got.add(cache.get(1));
        try (ClientTransaction tx = client.transactions().txStart()) {
            cache.put(1, "after");
            tx.commit();
        }
        got.add(cache.get(1));
        return new Found(Arrays.asList("inside", "before", "after"), got);
    }

    private Found binaryObject() {
        ClientCache<Integer, BinaryObject> cache = client.getOrCreateCache(prefix + "_binary").withKeepBinary();
        BinaryObject inner = client.binary().builder("storedeck.Place").setField("name", "Harbour").build();
        BinaryObject sent = client.binary().builder("storedeck.Town").setField("id", 7).setField("name", "Haven")
            .setField("area", 12.5d).setField("place", inner).setField("again", inner).build();
        cache.put(1, sent);
        BinaryObject got = cache.get(1);
        BinaryObject place = got.field("place");
        Collection<String> fields = new HashSet<>(client.binary().type("storedeck.Town").fieldNames());
        return new Found(Arrays.asList(7, "Haven", 12.5d, "Harbour", Set.of("id", "name", "area", "place", "again")),
            Arrays.<Object>asList(got.field("id"), got.field("name"), got.field("area"), place.field("name"), fields));
    }

    private List<List<?>> sql(String statement, Object... args) {
        try (FieldsQueryCursor<List<?>> cursor = client.query(new SqlFieldsQuery(statement).setSchema("PUBLIC").setArgs(args))) {
            return cursor.getAll();
        }
    }

    private Found sqlTable() {
        sql("CREATE TABLE " + prefix + " (id INT PRIMARY KEY, name VARCHAR, price DECIMAL(12, 2))");
        sql("INSERT INTO " + prefix + " (id, name, price) VALUES (?, ?, ?), (2, 'two', NULL)", 1, "one", new BigDecimal("1.50"));
        List<List<?>> updated = sql("UPDATE " + prefix + " SET name = ? WHERE id = ?", "zwei", 2);
        List<List<?>> rows = sql("SELECT id, name, price FROM " + prefix + " ORDER BY id");
        return new Found(Arrays.asList(List.of(List.of(1L)),
            List.of(Arrays.asList(1, "one", new BigDecimal("1.50")), Arrays.asList(2, "zwei", null))),
            Arrays.asList(updated, rows));
    }

    private Found sqlTypes() {
        String table = prefix + "_typed";
        sql("CREATE TABLE " + table + " (id INT PRIMARY KEY, big BIGINT, real_ DOUBLE, flag BOOLEAN, moment TIMESTAMP, day DATE)");
        Object[] sent = {1, Long.MIN_VALUE, 0.1d, true, Timestamp.valueOf("2024-02-29 12:34:56.789"), Date.valueOf("2024-02-29")};
        sql("INSERT INTO " + table + " (id, big, real_, flag, moment, day) VALUES (?, ?, ?, ?, ?, ?)", sent);
        return new Found(List.of(Arrays.asList(sent)), sql("SELECT id, big, real_, flag, moment, day FROM " + table));
    }

    private Found sqlInPages() {
        for (int id = 10; id < 10 + SCANNED; id++) {
            sql("INSERT INTO " + prefix + " (id, name) VALUES (?, ?)", id, "row " + id);
        }
        SqlFieldsQuery query = new SqlFieldsQuery("SELECT id FROM " + prefix + " WHERE id >= 10 ORDER BY id").setPageSize(9);
        int sum = 0;
        String column;
        try (FieldsQueryCursor<List<?>> cursor = client.query(query)) {
            for (List<?> row : cursor) {
                sum += (Integer) row.get(0);
            }
            column = cursor.getFieldName(0);  // known once the first page has been read
        }
        return new Found(Arrays.asList("ID", 5950), Arrays.asList(column.toUpperCase(), sum));
    }

    private Found sqlError() {
        try {
            sql("SELECT nothing FROM " + prefix + "_missing");
            return new Found("an error", "none");
        }
        catch (ClientException error) {
            return new Found(true, error.getMessage() != null && !error.getMessage().isBlank());
        }
    }

    private Found sysView() {
        List<List<?>> rows = sql("SELECT CACHE_NAME FROM SYS.CACHES WHERE CACHE_NAME = ?", prefix);
        return new Found(List.of(List.of(prefix)), rows);
    }

    private Found changes() throws InterruptedException {
        CountDownLatch heard = new CountDownLatch(2);
        List<Object> events = Collections.synchronizedList(new ArrayList<>());
        ContinuousQuery<Integer, String> query = new ContinuousQuery<>();
        query.setLocalListener(changed -> changed.forEach(event -> {
            events.add(Arrays.asList(event.getEventType().name(), event.getKey(), event.getOldValue(), event.getValue()));
            heard.countDown();
        }));
        ClientCache<Integer, String> cache = plain();
        cache.remove(-2);
        try (QueryCursor<Cache.Entry<Integer, String>> cursor = cache.query(query)) {
            cache.put(-2, "first");
            cache.put(-2, "second");
            heard.await(20, TimeUnit.SECONDS);
        }
        return new Found(
            List.of(Arrays.asList("CREATED", -2, null, "first"), Arrays.asList("UPDATED", -2, "first", "second")), events);
    }

    private Found indexQuery() {
        ClientCacheConfiguration indexed = new ClientCacheConfiguration().setName(prefix + "_indexed").setQueryEntities(
            new QueryEntity(Integer.class.getName(), "storedeck.Street").addQueryField("length", Integer.class.getName(), null)
                .setIndexes(List.of(new QueryIndex("length"))));
        ClientCache<Integer, BinaryObject> cache = client.createCache(indexed).withKeepBinary();
        for (int key = 0; key < 10; key++) {
            cache.put(key, client.binary().builder("storedeck.Street").setField("length", key * 100).build());
        }
        IndexQuery<Integer, BinaryObject> query = new IndexQuery<>("storedeck.Street");
        query.setCriteria(IndexQueryCriteriaBuilder.gt("length", 600));
        Set<Integer> keys = new HashSet<>();
        try (QueryCursor<Cache.Entry<Integer, BinaryObject>> cursor = cache.query(query)) {
            cursor.forEach(entry -> keys.add(entry.getKey()));
        }
        finally {
            client.destroyCache(prefix + "_indexed");
        }
        return new Found(Set.of(7, 8, 9), keys);
    }

    /** With persistence the log can be switched off and on again; without, the server must refuse it. */
    private Found writeAheadLog() {
        if (!client.cluster().isWalEnabled(prefix)) {
            try {
                client.cluster().disableWal(prefix);
                return new Found("a refusal", "none");
            }
            catch (ClientException refusal) {
                return new Found(false, client.cluster().isWalEnabled(prefix));
            }
        }
        boolean isSwitched = client.cluster().disableWal(prefix);
        boolean isOff = !client.cluster().isWalEnabled(prefix);
        boolean isSwitchedBack = client.cluster().enableWal(prefix);
        return new Found(List.of(true, true, true, true),
            List.of(isSwitched, isOff, isSwitchedBack, client.cluster().isWalEnabled(prefix)));
    }

    private Found atomicLong() {
        ClientAtomicLong number = client.atomicLong(prefix, 5, true);
        List<Object> got = Arrays.asList(number.incrementAndGet(), number.getAndAdd(10), number.compareAndSet(16, 1), number.get());
        number.close();
        return new Found(Arrays.asList(6L, 6L, true, 1L), got);
    }

    private Found set() {
        ClientIgniteSet<String> set = client.set(prefix, new ClientCollectionConfiguration().setBackups(1));
        List<Object> got = Arrays.asList(set.add("a"), set.add("a"), set.contains("a"), set.size());
        set.close();
        return new Found(Arrays.asList(true, false, true, 1), got);
    }

    private Found cleanUp() {
        sql("DROP TABLE " + prefix);
        sql("DROP TABLE " + prefix + "_typed");
        for (String suffix : List.of("", "_types", "_tx", "_binary")) {
            client.destroyCache(prefix + suffix);
        }
        return new Found(false, client.cacheNames().stream().anyMatch(name -> name.contains(prefix)));
    }
}

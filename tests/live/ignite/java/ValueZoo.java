import java.io.Serializable;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.sql.Date;
import java.sql.Time;
import java.sql.Timestamp;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.LinkedList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.apache.ignite.Ignition;
import org.apache.ignite.binary.BinaryObjectException;
import org.apache.ignite.binary.BinaryRawReader;
import org.apache.ignite.binary.BinaryRawWriter;
import org.apache.ignite.binary.BinaryReader;
import org.apache.ignite.binary.BinaryWriter;
import org.apache.ignite.binary.Binarylizable;
import org.apache.ignite.client.ClientCache;
import org.apache.ignite.client.IgniteClient;
import org.apache.ignite.configuration.ClientConfiguration;

/**
 * A value of every kind that Java writes into a cache, under String keys that name it.
 *
 * <p>Usage: ValueZoo host:port[,host:port...] fill|compare CACHE [user password]: comparing prints one line for every
 * entry of the cache that does not equal the zoo's value of that name, and how many did.
 */
public class ValueZoo {
    public static void main(String[] args) {
        ClientConfiguration configuration = new ClientConfiguration().setAddresses(args[0].split(","));
        if (args.length > 3) {
            configuration.setUserName(args[3]).setUserPassword(args[4]);
        }
        try (IgniteClient client = Ignition.startClient(configuration)) {
            ClientCache<String, Object> cache = client.getOrCreateCache(args[2]);
            if (args[1].equals("fill")) {
                zoo().forEach(cache::put);
                return;
            }
            int equal = 0;
            for (Map.Entry<String, Object> expected : zoo().entrySet()) {
                equal += isSame(cache, expected.getKey(), expected.getValue()) ? 1 : 0;
            }
            System.out.println(equal + " equal");
        }
    }

    private static boolean isSame(ClientCache<String, Object> cache, String name, Object expected) {
        try {
            if (!cache.containsKey(name)) {
                return false;
            }
            Object actual = cache.get(name);
            // An array of an enumeration comes back as Object[], even when it has never left Java.
            boolean isSameClass = expected instanceof Object[] || expected.getClass() == actual.getClass();
            if (isSameClass && Objects.deepEquals(new Object[] {expected}, new Object[] {actual})) {
                return true;
            }
            System.out.println("DIFFERS " + name + ": " + expected + " became " + actual + " of " + actual.getClass());
        }
        catch (RuntimeException error) {
            System.out.println("DIFFERS " + name + ": cannot be read: " + error + ", " + error.getCause());
        }
        return false;
    }

    private static Map<String, Object> zoo() {
        Map<String, Object> zoo = new LinkedHashMap<>();
        scalars(zoo);
        texts(zoo);
        times(zoo);
        arrays(zoo);
        containers(zoo);
        objects(zoo);
        return zoo;
    }

    private static void scalars(Map<String, Object> zoo) {
        zoo.put("byte", Byte.MIN_VALUE);
        zoo.put("short", Short.MIN_VALUE);
        zoo.put("int", Integer.MIN_VALUE);
        zoo.put("long", Long.MIN_VALUE);
        zoo.put("float", 1.1f);
        zoo.put("float_nan", Float.NaN);
        zoo.put("double", 0.1d);
        zoo.put("double_minus_zero", -0.0d);
        zoo.put("double_infinite", Double.NEGATIVE_INFINITY);
        zoo.put("bool", true);
        zoo.put("uuid", new UUID(0x0123456789abcdefL, 0xfedcba9876543210L));
        zoo.put("decimal", new BigDecimal("-1.50"));
        zoo.put("decimal_long", new BigDecimal("123456789012345678901234567890123456789012345678.0123456789"));
        zoo.put("decimal_zero", new BigDecimal("0.000"));
        zoo.put("decimal_thousands", new BigDecimal("-12E+5"));
        zoo.put("decimal_256", new BigDecimal("256"));
    }

    private static void texts(Map<String, Object> zoo) {
        zoo.put("char", '\u20ac');
        zoo.put("text", "\u00e4\u4e16\ud83d\ude00");
        zoo.put("text_empty", "");
        zoo.put("text_nul", "a\u0000b\u0000");
        zoo.put("text_escape", "\u001b[31mred\u202e\u009b");
        zoo.put("text_big", "x".repeat(100_000));
    }

    private static void times(Map<String, Object> zoo) {
        zoo.put("date", new java.util.Date(1_700_000_000_123L));
        zoo.put("date_early", new java.util.Date(-62_135_769_600_001L));
        zoo.put("date_far", new java.util.Date(253_402_300_800_000L));
        zoo.put("timestamp", Timestamp.valueOf("2024-02-29 23:59:59.123456789"));
        zoo.put("timestamp_early", Timestamp.valueOf("1969-12-31 23:59:59.999999999"));
        zoo.put("time", Time.valueOf("01:02:03"));
        zoo.put("sql_date", Date.valueOf("2024-02-29"));
    }

    private static void arrays(Map<String, Object> zoo) {
        zoo.put("bytes", new byte[] {0, 1, -1});
        zoo.put("bytes_empty", new byte[0]);
        zoo.put("shorts", new short[] {1, -1});
        zoo.put("ints", new int[] {1, -1});
        zoo.put("longs", new long[] {1, -1});
        zoo.put("floats", new float[] {1.5f, Float.NaN});
        zoo.put("doubles", new double[] {1.5, -0.0});
        zoo.put("chars", new char[] {'a', '\u20ac'});
        zoo.put("bools", new boolean[] {true, false});
        zoo.put("texts", new String[] {"a", null, ""});
        zoo.put("uuids", new UUID[] {new UUID(1, 2), null});
        zoo.put("dates", new java.util.Date[] {new java.util.Date(1), null});
        zoo.put("decimals", new BigDecimal[] {new BigDecimal("1.50"), null});
        zoo.put("timestamps", new Timestamp[] {Timestamp.valueOf("2024-02-29 23:59:59.5"), null});
        zoo.put("times", new Time[] {Time.valueOf("23:59:59")});
        zoo.put("objects", new Object[] {1, "a", null, 2L, new Object[] {true}});
    }

    private static void containers(Map<String, Object> zoo) {
        zoo.put("array_list", new ArrayList<>(Arrays.asList(1, "a", null, new ArrayList<>(List.of(2)))));
        zoo.put("array_list_empty", new ArrayList<>());
        zoo.put("linked_list", new LinkedList<>(List.of("b", "a")));
        zoo.put("hash_set", new HashSet<>(List.of("a", 1)));
        zoo.put("linked_hash_set", new LinkedHashSet<>(List.of(3, 1, 2)));
        zoo.put("jvm_singleton_list", Collections.singletonList("only"));
        zoo.put("hash_map", new HashMap<>(Map.of("k", 1, 2, "v")));
        zoo.put("linked_hash_map", linked());
    }

    private static Map<String, Object> linked() {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("z", 1);
        map.put("a", null);
        map.put("m", new ArrayList<>(List.of(1.5)));
        return map;
    }

    private static void objects(Map<String, Object> zoo) {
        Person inner = new Person("Ada", 36, null);
        zoo.put("enum", Colour.GREEN);
        zoo.put("enums", new Colour[] {Colour.BLUE, null});
        zoo.put("jvm_enum", TimeUnit.DAYS);
        zoo.put("jvm_class", String.class);
        zoo.put("person", new Person("Grace", 85, inner));
        zoo.put("person_of_nulls", new Person(null, 0, null));
        zoo.put("person_big", new Person("x".repeat(70_000), 1, inner));
        zoo.put("pair_of_one", new Pair(inner, inner));
        Pair circle = new Pair(null, inner);
        circle.left = circle;
        zoo.put("circle", circle);
        zoo.put("raw", new Raw(7, "raw"));
        zoo.put("jvm_local_date", LocalDate.of(2024, 2, 29));
        zoo.put("jvm_instant", Instant.ofEpochSecond(1));
        zoo.put("jvm_big_integer", BigInteger.TEN.pow(30));
        zoo.put("people", new ArrayList<>(List.of(inner, new Person("Alan", 41, inner))));
    }

    /** A class with fields of three kinds, one of them an object of the same class. */
    public static class Person {
        String name;
        int age;
        Person friend;

        Person(String name, int age, Person friend) {
            this.name = name;
            this.age = age;
            this.friend = friend;
        }

        @Override public boolean equals(Object other) {
            return other instanceof Person person && Objects.equals(name, person.name) && age == person.age
                && Objects.equals(friend, person.friend);
        }

        @Override public int hashCode() {
            return Objects.hash(name, age);
        }

        @Override public String toString() {
            return "Person(" + (name == null ? null : name.substring(0, Math.min(10, name.length()))) + ")";
        }
    }

    /** An enumeration of our own. */
    public enum Colour { RED, GREEN, BLUE }

    /** A class that may hold the same object twice, or itself. */
    public static class Pair {
        Object left;
        Object right;

        Pair(Object left, Object right) {
            this.left = left;
            this.right = right;
        }

        @Override public boolean equals(Object other) {
            return other instanceof Pair pair && Objects.equals(right, pair.right)
                && (left == this ? pair.left == pair : Objects.equals(left, pair.left));
        }

        @Override public int hashCode() {
            return 1;
        }
    }

    /** A class that writes itself without field names. */
    public static class Raw implements Binarylizable, Serializable {
        int number;
        String text;

        public Raw() {}

        Raw(int number, String text) {
            this.number = number;
            this.text = text;
        }

        @Override public void writeBinary(BinaryWriter writer) throws BinaryObjectException {
            BinaryRawWriter raw = writer.rawWriter();
            raw.writeInt(number);
            raw.writeString(text);
        }

        @Override public void readBinary(BinaryReader reader) throws BinaryObjectException {
            BinaryRawReader raw = reader.rawReader();
            number = raw.readInt();
            text = raw.readString();
        }

        @Override public boolean equals(Object other) {
            return other instanceof Raw raw && number == raw.number && Objects.equals(text, raw.text);
        }

        @Override public int hashCode() {
            return number;
        }
    }
}

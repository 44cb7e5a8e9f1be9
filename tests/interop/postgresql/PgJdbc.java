import java.math.BigDecimal;
import java.sql.*;
import java.time.*;
import java.util.*;
import org.postgresql.util.PGInterval;

/** pgjdbc: the metadata walk of JDBC tools, prepared statements of all types as text and binary, paging, cancel, timeout, errors. */
public class PgJdbc {
  static int passed = 0;
  static int failed = 0;

  interface Body {
    void run() throws Exception;
  }

  static void check(String name, Body body) {
    try {
      body.run();
      passed++;
      System.out.println("ok " + name);
    } catch (Throwable thrown) {
      failed++;
      System.out.println("FAILED " + name + ": " + thrown);
      thrown.printStackTrace(System.out);
    }
  }

  static void same(Object expected, Object actual) {
    if (!Objects.equals(expected, actual)) throw new AssertionError("expected " + expected + ", got " + actual);
  }

  static Connection connect(String... options) throws SQLException {
    Map<String, String> env = System.getenv();
    Properties properties = new Properties();
    properties.setProperty("user", env.get("PGUSER"));
    properties.setProperty("password", env.get("PGPASSWORD"));
    for (int i = 0; i < options.length; i += 2) properties.setProperty(options[i], options[i + 1]);
    return DriverManager.getConnection("jdbc:postgresql://127.0.0.1:" + env.get("PGPORT") + "/plant", properties);
  }

  /** One column of all rows. */
  static List<String> column(ResultSet rows, String name) throws SQLException {
    List<String> values = new ArrayList<>();
    while (rows.next()) values.add(rows.getString(name));
    rows.close();
    return values;
  }

  static String stateOf(Body body) throws Exception {
    try {
      body.run();
      return "none";
    } catch (SQLException error) {
      return error.getSQLState();
    }
  }

  static final String SLOW =
      "SELECT count(*) FROM UNNEST(sequence(1, 10000)) AS a(x), UNNEST(sequence(1, 10000)) AS b(y), UNNEST(sequence(1, 1000)) AS c(z) WHERE (x * y + z) % 7 = 3";

  public static void main(String[] arguments) throws Exception {
    check("metadata: schemas, tables, columns, types, keys, indexes, functions", () -> {
      try (Connection connection = connect()) {
        DatabaseMetaData data = connection.getMetaData();
        same("PostgreSQL", data.getDatabaseProductName());
        same(true, column(data.getSchemas(), "TABLE_SCHEM").contains("plant"));
        same(List.of("plant"), column(data.getSchemas(null, "pla%"), "TABLE_SCHEM"));
        same(List.of("plant"), column(data.getCatalogs(), "TABLE_CAT"));
        same(true, column(data.getTableTypes(), "TABLE_TYPE").contains("TABLE"));
        same(List.of("pumps"), column(data.getTables(null, "plant", "pum%", new String[] {"TABLE"}), "TABLE_NAME"));
        same(true, column(data.getTables(null, "plant", "%", null), "TABLE_NAME").contains("incoming_java"));
        Map<String, Integer> types = new TreeMap<>();
        try (ResultSet columns = data.getColumns(null, "plant", "pumps", "%")) {
          while (columns.next()) types.put(columns.getString("COLUMN_NAME"), columns.getInt("DATA_TYPE"));
        }
        same(Types.TIMESTAMP, types.get("time"));
        same(Types.DOUBLE, types.get("pressure"));
        same(Types.BIGINT, types.get("strokes"));
        same(Types.BIT, types.get("running"));
        same(Types.VARCHAR, types.get("site"));
        same(true, column(data.getTypeInfo(), "TYPE_NAME").containsAll(List.of("int8", "float8", "timestamptz", "text", "bool")));
        same(List.of(), column(data.getPrimaryKeys(null, "plant", "pumps"), "COLUMN_NAME"));
        same(List.of(), column(data.getImportedKeys(null, "plant", "pumps"), "PKCOLUMN_NAME"));
        same(List.of(), column(data.getExportedKeys(null, "plant", "pumps"), "PKCOLUMN_NAME"));
        same(List.of(), column(data.getIndexInfo(null, "plant", "pumps", false, true), "INDEX_NAME"));
        data.getTablePrivileges(null, "plant", "pumps").close();
        data.getBestRowIdentifier(null, "plant", "pumps", DatabaseMetaData.bestRowSession, true).close();
        same(true, column(data.getFunctions(null, "pg_catalog", "date_trunc"), "FUNCTION_NAME").contains("date_trunc"));
        same(true, data.getSQLKeywords().length() > 0);
        same("plant", connection.getSchema());
        same("plant", connection.getCatalog());
        same(true, connection.isValid(5));
      }
    });
    check("all types by prepared statements, as text and binary", () -> {
      for (String threshold : List.of("0", "-1")) {
        // -1: binary transfer from the first execution on
        try (Connection connection = connect("prepareThreshold", threshold);
            PreparedStatement statement = connection.prepareStatement(
                "SELECT true AS b, 7 AS i, 9007199254740993 AS l, 0.1 AS d, 'é' AS s, timestamp '2026-01-02 03:04:05.123456789' AS t, date '2020-02-29' AS day,"
                    + " time '03:04:05' AS clock, interval '90' minute AS span, NULL AS n, ARRAY['a b', NULL] AS texts, ARRAY[1, 2] AS numbers, ROW(1, 'x') AS r, nan() AS nothing")) {
          for (int round = 0; round < 2; round++) {
            try (ResultSet rows = statement.executeQuery()) {
              same(true, rows.next());
              same(true, rows.getObject("b"));
              same(7, rows.getObject("i"));
              same(9007199254740993L, rows.getObject("l"));
              same(0.1, rows.getObject("d"));
              same("é", rows.getObject("s"));
              same(OffsetDateTime.of(2026, 1, 2, 3, 4, 5, 123456000, ZoneOffset.UTC), rows.getObject("t", OffsetDateTime.class));
              same(LocalDate.of(2020, 2, 29), rows.getObject("day", LocalDate.class));
              same(LocalTime.of(3, 4, 5), rows.getObject("clock", LocalTime.class));
              same(90, ((PGInterval) rows.getObject("span")).getHours() * 60 + ((PGInterval) rows.getObject("span")).getMinutes());
              same(null, rows.getObject("n"));
              same(Arrays.asList("a b", null), Arrays.asList((Object[]) rows.getArray("texts").getArray()));
              same(List.of(1, 2), Arrays.asList((Object[]) rows.getArray("numbers").getArray()));
              same("{\"f1\":1,\"f2\":\"x\"}", rows.getString("r").replace(" ", ""));
              same(true, Double.isNaN(rows.getDouble("nothing")));
            }
          }
        }
      }
    });
    check("parameters of all types, server-prepared after the fifth execution", () -> {
      try (Connection connection = connect();
          PreparedStatement statement = connection.prepareStatement(
              "SELECT site, count(*) AS n, ? AS note FROM pumps WHERE time > ? AND strokes <= ? AND site <> ? AND running = ? AND pressure < ? AND checked::date = ? GROUP BY site ORDER BY site")) {
        for (int round = 0; round < 7; round++) {
          statement.setString(1, null);
          statement.setTimestamp(2, Timestamp.from(Instant.now().minusSeconds(3600)));
          statement.setLong(3, 30);
          statement.setString(4, "s0");
          statement.setBoolean(5, true);
          statement.setDouble(6, 1e9);
          statement.setObject(7, LocalDate.of(2026, 1, 2));
          same(List.of("s1", "s2"), column(statement.executeQuery(), "site"));
        }
        statement.setObject(2, OffsetDateTime.now().minusHours(1));
        statement.setInt(3, 3);
        statement.setBigDecimal(6, new BigDecimal("100.5"));
        same(List.of("s2"), column(statement.executeQuery(), "site"));
        same(3, statement.getMetaData().getColumnCount());
        same(Types.BIGINT, statement.getMetaData().getColumnType(2));
        same(7, statement.getParameterMetaData().getParameterCount());
      }
    });
    check("fetchSize pages in a transaction", () -> {
      try (Connection connection = connect()) {
        connection.setAutoCommit(false);
        try (Statement statement = connection.createStatement()) {
          statement.setFetchSize(100);
          try (ResultSet rows = statement.executeQuery("SELECT strokes FROM pumps ORDER BY strokes")) {
            for (long expected = 1; expected <= 2500; expected++) {
              same(true, rows.next());
              same(expected, rows.getLong(1));
            }
            same(false, rows.next());
          }
          statement.setMaxRows(7);
          same(7, column(statement.executeQuery("SELECT strokes FROM pumps"), "strokes").size());
        }
        connection.commit();
      }
    });
    check("read-only, isolation, savepoints, schema, client info", () -> {
      try (Connection connection = connect("ApplicationName", "interop")) {
        connection.setReadOnly(true);
        connection.setTransactionIsolation(Connection.TRANSACTION_SERIALIZABLE);
        connection.setAutoCommit(false);
        same(List.of("2500"), column(connection.createStatement().executeQuery("SELECT count(*) AS n FROM pumps"), "n"));
        connection.rollback();
        connection.setAutoCommit(true);
        same("interop", connection.getClientInfo("ApplicationName"));
      }
    });
    check("INSERT of a batch", () -> {
      try (Connection connection = connect();
          PreparedStatement statement = connection.prepareStatement("INSERT INTO incoming_java (time, machine, load, cycles, ok) VALUES (?, ?, ?, ?, ?)")) {
        Instant now = Instant.now();
        for (int row = 0; row < 20; row++) {
          statement.setTimestamp(1, Timestamp.from(now.minusSeconds(row)));
          statement.setString(2, "m" + row % 4);
          statement.setDouble(3, row / 2.0);
          statement.setLong(4, row);
          statement.setBoolean(5, row % 2 == 0);
          statement.addBatch();
        }
        same(20, Arrays.stream(statement.executeBatch()).sum());
        try (ResultSet rows = connection.createStatement().executeQuery("SELECT count(*), sum(load), sum(cycles) FROM incoming_java")) {
          same(true, rows.next());
          same(20L, rows.getLong(1));
          same(95.0, rows.getDouble(2));
          same(190L, rows.getLong(3));
        }
      }
    });
    check("cancel and query timeout", () -> {
      try (Connection connection = connect();
          Statement statement = connection.createStatement()) {
        Thread canceller = new Thread(() -> {
          try {
            Thread.sleep(500);
            statement.cancel();
          } catch (Exception ignored) {
            // the assertion below tells
          }
        });
        canceller.start();
        same("57014", stateOf(() -> statement.executeQuery(SLOW)));
        canceller.join();
        statement.setQueryTimeout(1);
        same("57014", stateOf(() -> statement.executeQuery(SLOW)));
        statement.setQueryTimeout(0);
        same(List.of("1"), column(statement.executeQuery("SELECT 1 AS one"), "one"));
      }
    });
    check("errors have states and the session goes on", () -> {
      try (Connection connection = connect();
          Statement statement = connection.createStatement()) {
        same("42703", stateOf(() -> statement.executeQuery("SELECT nope FROM pumps")));
        same("42P01", stateOf(() -> statement.executeQuery("SELECT 1 FROM nothing")));
        same("42601", stateOf(() -> statement.executeQuery("SELECT 1 +")));
        same("22012", stateOf(() -> statement.executeQuery("SELECT 1 / 0")));
        same("25006", stateOf(() -> statement.executeUpdate("DROP TABLE pumps")));
        same(List.of("1"), column(statement.executeQuery("SELECT 1 AS one"), "one"));
      }
    });
    check("a wrong password and an unknown database", () -> {
      same("28P01", stateOf(() -> connect("password", "wrong").close()));
      same("3D000", stateOf(() -> DriverManager.getConnection(
          "jdbc:postgresql://127.0.0.1:" + System.getenv("PGPORT") + "/nowhere", System.getenv("PGUSER"), System.getenv("PGPASSWORD")).close()));
    });
    System.out.println(passed + " passed, " + failed + " failed");
    System.exit(failed == 0 ? 0 : 1);
  }
}

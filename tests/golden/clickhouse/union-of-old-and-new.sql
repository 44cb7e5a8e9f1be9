-- SELECT minute, n FROM ((SELECT bin(time, 1m) AS minute, count(*) AS n FROM benchmark.cpu WHERE time < ago(15m) GROUP BY 1) UNION (SELECT bin(time, 1m) AS minute, count(*) AS n FROM benchmark.cpu WHERE time >= ago(15m) GROUP BY 1)) ORDER BY 1 DESC
SELECT CAST(c25 AS Nullable(Int64)) AS c34, CAST(c26 AS Nullable(Int64)) AS c35
FROM ((WITH minus(time, positiveModulo(time, toInt64(60000000000))) AS c9, toInt64(ifNull(count(), 0)) AS c10 SELECT CAST(c9 AS Nullable(Int64)) AS c25, CAST(c10 AS Nullable(Int64)) AS c26
FROM tidemark.t_cpu
WHERE and(greaterOrEquals(time, 1792281600000000000), less(time, 1794959100000000000))
GROUP BY c9)
UNION DISTINCT (WITH minus(time, positiveModulo(time, toInt64(60000000000))) AS c21, toInt64(ifNull(count(), 0)) AS c22 SELECT CAST(c21 AS Nullable(Int64)) AS c25, CAST(c22 AS Nullable(Int64)) AS c26
FROM tidemark.t_cpu
WHERE greaterOrEquals(time, 1794959100000000000)
GROUP BY c21)) AS r33
ORDER BY c25 DESC NULLS LAST

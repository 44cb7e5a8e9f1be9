-- SELECT DISTINCT truck_id FROM sampleDB.IoT WHERE time > ago(2d) AND truck_id NOT IN (SELECT truck_id FROM sampleDB.IoT WHERE measure_name = 'speed')
WITH (SELECT tuple(count(), countIf(isNull(c18))) AS c19
FROM (SELECT d1 AS c18
FROM tidemark.t_iot
WHERE equals(measure_name, 'speed')) AS r20) AS v21 SELECT DISTINCT d1 AS c22
FROM tidemark.t_iot
WHERE and(greater(time, 1794787200000000000), not(multiIf(ifNull((d1 IN (SELECT d1 AS c17
FROM tidemark.t_iot
WHERE equals(measure_name, 'speed'))), false), true, or(greater(tupleElement(v21, 2), 0), and(isNull(d1), greater(tupleElement(v21, 1), 0))), NULL, false)))

import type { IncomingHttpHeaders } from 'node:http'

/**
 * Which protocol a write request speaks; undefined: none of them (415). Absent headers are those of 1.0, whose first clients sent none.
 * Source: Prometheus Remote-Write 1.0 and 2.0 specifications, "Protocol".
 */
export function protocolOf(headers: IncomingHttpHeaders): 1 | 2 | undefined {
  if ((headers['content-encoding'] ?? 'snappy').toLowerCase() !== 'snappy') return undefined
  const [type = '', ...parameters] = (headers['content-type'] ?? 'application/x-protobuf').split(';').map((part) => part.trim())
  if (type.toLowerCase() !== 'application/x-protobuf') return undefined
  const proto = parameters
    .find((parameter) => /^proto=/i.test(parameter))
    ?.slice('proto='.length)
    .replace(/^"(.*)"$/, '$1')
  switch (proto) {
    case undefined:
    case 'prometheus.WriteRequest':
      return 1
    case 'io.prometheus.write.v2.Request':
      return 2
    default:
      return undefined
  }
}

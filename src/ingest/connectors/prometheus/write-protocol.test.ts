import { expect, it } from 'vitest'
import { protocolOf } from './write-protocol.ts'

it.each([
  [{}, 1],
  [{ 'content-type': 'application/x-protobuf', 'content-encoding': 'snappy' }, 1],
  [{ 'content-type': 'application/x-protobuf;proto=prometheus.WriteRequest' }, 1],
  [{ 'content-type': 'application/x-protobuf; proto=io.prometheus.write.v2.Request' }, 2],
  [{ 'content-type': 'application/x-protobuf;proto=other' }, undefined],
  [{ 'content-type': 'application/json' }, undefined],
  [{ 'content-type': 'application/x-protobuf', 'content-encoding': 'gzip' }, undefined],
] as const)('%j', (headers, version) => {
  expect(protocolOf(headers)).toBe(version)
})

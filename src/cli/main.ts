#!/usr/bin/env -S UV_THREADPOOL_SIZE=12 node --max-semi-space-size=32
import { runProgram } from './program.ts'

await runProgram(process.argv, process)

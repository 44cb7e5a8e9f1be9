#!/usr/bin/env -S UV_THREADPOOL_SIZE=12 node
import { runProgram } from './program.ts'

await runProgram(process.argv, process)

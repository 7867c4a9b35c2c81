// What av.mjs says and takes: exit codes, failures, lines of output, numbers.
import { writeSync } from 'node:fs';

export const exit_failed = 1;
export const exit_usage = 2;
export const exit_timeout = 3;
export const exit_missing = 4;

export class Failure extends Error {
    constructor(message, exit_code = exit_failed) {
        super(message);
        this.exit_code = exit_code;
    }
}

export function number(text) {
    const value = Number(text);
    if (!(value > 0)) throw new Failure(`not a positive number: ${text}`, exit_usage);
    return value;
}

export function print(value) {
    printText(JSON.stringify(value));
}

// Synchronous, so that a reader sees every line at once; a pipe that is full for the moment is waited for.
export function printText(text) {
    let rest = Buffer.from(`${text}\n`);
    while (rest.length > 0) {
        try {
            rest = rest.subarray(writeSync(1, rest));
        } catch (error) {
            if (error.code === 'EPIPE') process.exit(exit_failed);
            if (error.code !== 'EAGAIN') throw error;
            Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
        }
    }
}

// Loads node-av's bindings from the directory ./install was given, and guards calls into them.
import { homedir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { exit_missing, exit_timeout, Failure, number, print } from './terminal.mjs';

export let av; // the low-level bindings, set by loadNodeAv()
export let av_constants;

export async function loadNodeAv(verbose) {
    polyfill();
    const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
    const root = process.env.MULTICONN_NODE_AV || join(cache, 'multiconn', 'node-av');
    const module_url = (path) => pathToFileURL(join(root, 'node_modules/node-av/dist', path)).href;
    try {
        // Not the package's main module: that also loads its WebRTC and streaming helpers.
        av = await import(module_url('lib/index.js'));
        av_constants = await import(module_url('constants/index.js'));
    } catch (error) {
        const reason = error.message.trim().split('\n').pop();
        throw new Failure(`node-av cannot be loaded from ${root}: ${reason}`, exit_missing);
    }
    av.Log.setLevel(verbose ? av_constants.AV_LOG_VERBOSE : av_constants.AV_LOG_ERROR);
}

// node-av is written for Node 22.
function polyfill() {
    Symbol.dispose ??= Symbol('Symbol.dispose');
    Symbol.asyncDispose ??= Symbol('Symbol.asyncDispose');
    Promise.withResolvers ??= function withResolvers() {
        const result = {};
        result.promise = new this((resolve, reject) => Object.assign(result, { resolve, reject }));
        return result;
    };
}

// Returns a function that awaits one blocking operation and ends the program when it takes longer than --timeout.
export function stepper(options, abort) {
    const limit_ms = number(options.timeout) * 1000;
    return async (what, operation) => {
        let expired = false;
        const timer = setTimeout(() => {
            expired = true;
            print({ timeout: what });
            abort();
        }, limit_ms);
        const result = await operation;
        clearTimeout(timer);
        if (expired) throw new Failure(`timed out: ${what}`, exit_timeout);
        return result;
    };
}

export function check(result, what) {
    if (result < 0) throw new Failure(`cannot ${what}: ${av.FFmpegError.strerror(result)}`);
}

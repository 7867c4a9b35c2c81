// FFmpeg 8.1 (through node-av) as an independent judge: reads, publishes and decodes what multiconn serves, and
// serves what multiconn publishes. `av.mjs help` tells how. Works with Node 18 and later.
import { createHash } from 'node:crypto';
import { writeSync } from 'node:fs';
import { parseArgs } from 'node:util';

import { av, av_constants, check, loadNodeAv, stepper } from './node_av.mjs';
import { exit_failed, exit_usage, Failure, number, print, printText } from './terminal.mjs';

const usage_text = `usage:
  av.mjs packets INPUT [--packets N]          one JSON line per stream, then one per packet, then {"eof":true}
  av.mjs copy INPUT OUTPUT [--realtime]       remux; OUTPUT is a file or an rtmp:// URL to publish to
  av.mjs decode INPUT [--frames N] [--type T] decode N frames (default all) of the video, or else of the audio
  av.mjs version                              the versions of FFmpeg and its libraries
options:
  --format F           format of INPUT (packets, decode) or of OUTPUT (copy; default: by name, flv for rtmp)
  --type video|audio   the track to decode
  --input-option K=V   option of demuxer or protocol, e.g. listen=1, rtmp_live=live; repeatable
  --output-option K=V  option of muxer or protocol, e.g. rtmp_enhanced_codecs=hvc1,av01; repeatable
  --probe S            seconds of stream to read ahead for its parameters (default 5; of a URL 1, packets 0)
  --timeout S          longest wait for any one answer or packet (default 20)
  --verbose            FFmpeg's own messages on stderr
environment: MULTICONN_NODE_AV, the directory ./install was given
exit codes: 0 done, 1 failed, 2 wrong usage, 3 timed out (an OUTPUT: killed, 137), 4 node-av is not installed`;

const option_table = {
    format: { type: 'string' },
    frames: { type: 'string' },
    packets: { type: 'string' },
    probe: { type: 'string' },
    timeout: { type: 'string', default: '20' },
    type: { type: 'string' },
    realtime: { type: 'boolean', default: false },
    verbose: { type: 'boolean', default: false },
    'input-option': { type: 'string', multiple: true, default: [] },
    'output-option': { type: 'string', multiple: true, default: [] },
};

async function main() {
    const { positionals, values } = parseCommandLine();
    const [command, ...operands] = positionals;
    const commands = {
        packets: [1, packetsCommand],
        copy: [2, copyCommand],
        decode: [1, decodeCommand],
        version: [0, versionCommand],
    };
    if (command === 'help') return printText(usage_text);
    const [operand_count, run] = commands[command] ?? [];
    if (!run || operands.length !== operand_count) throw new Failure(usage_text, exit_usage);
    await loadNodeAv(values.verbose);
    await run(values, ...operands);
}

async function packetsCommand(options, url) {
    // Without a look ahead every packet is shown as it comes, however short the stream.
    const input = await openInput({ probe: isUrl(url) ? '0' : undefined, ...options }, url, options.format);
    const described = new Set();
    const describe = (stream) => {
        if (!described.has(stream.index)) print(streamLine(stream, input.probed));
        described.add(stream.index);
    };
    if (input.probed) input.context.streams.forEach(describe);
    const limit = count(options.packets);
    let seen = 0;
    while (seen < limit && (await input.read())) {
        const stream = input.context.streams[input.packet.streamIndex];
        describe(stream);
        print(packetLine(input.packet, stream));
        ++seen;
    }
    if (seen < limit) print({ eof: true });
    await input.close();
}

async function copyCommand(options, input_url, output_url) {
    const input = await openInput(options, input_url);
    const output = await openOutput(options, output_url, input.context.streams);
    const pace = options.realtime ? pacer() : () => {};
    let packets = 0;
    while (await input.read()) {
        const target = output.streams.get(input.packet.streamIndex);
        if (!target) continue;
        await pace(milliseconds(input.packet.dts, target.source.timeBase));
        await output.write(input.packet, target);
        ++packets;
    }
    await output.close();
    await input.close();
    print({ copied: packets });
}

async function decodeCommand(options, url) {
    const input = await openInput(options, url, options.format);
    const stream = decodableStream(input.context, options.type);
    const decoder = await openDecoder(stream, url);
    const wanted = count(options.frames);
    const result = { type: mediaType(stream), codec: codecName(stream), frames: 0, errors: 0 };
    while (result.frames < wanted && (await input.read()))
        if (input.packet.streamIndex === stream.index) await decodePacket(decoder, input.packet, wanted, result);
    if (result.frames < wanted) await decodePacket(decoder, null, wanted, result);
    print(result);
    await input.close();
    const enough = wanted === Infinity ? 1 : wanted;
    if (result.frames < enough) throw new Failure(`decoded ${result.frames} frames of ${enough}`);
}

async function versionCommand() {
    const { version, libraries } = av.getFFmpegInfo();
    print({ ffmpeg: version, ...libraries });
}

// ---- reading ----

async function openInput(options, url, format_name) {
    const format = format_name ? av.InputFormat.findInputFormat(format_name) : null;
    if (format_name && !format) throw new Failure(`no input format "${format_name}"`, exit_usage);
    const context = new av.FormatContext();
    context.allocContext();
    const step = stepper(options, () => context.interrupt());
    const probe_seconds = options.probe === '0' ? 0 : number(options.probe ?? (isUrl(url) ? '1' : '5'));
    const dictionary = { analyzeduration: Math.round(probe_seconds * 1e6), ...pairs(options['input-option']) };
    const opening = context.openInput(url, format, av.Dictionary.fromObject(dictionary));
    check(await step('open the input', opening), 'open the input');
    const probed = probe_seconds > 0;
    if (probed) check(await step('find the streams', context.findStreamInfo(null)), 'find the streams');
    const packet = new av.Packet();
    packet.alloc();
    // FFmpeg's RTMP reports the peer's close as an input error.
    const connection_closed = av.FFmpegError.AVERROR(av.PosixError.EIO);
    const read = async () => {
        do {
            packet.unref();
            const result = await step('read a packet', context.readFrame(packet));
            if (result === av_constants.AVERROR_EOF || (result === connection_closed && isUrl(url))) return false;
            check(result, 'read a packet');
        } while (packet.size === 0); // FFmpeg 8.1's FLV demuxer makes one of each MultichannelConfig
        return true;
    };
    return { context, packet, probed, read, close: () => context.closeInput() };
}

// ---- writing ----

async function openOutput(options, url, sources) {
    const context = new av.FormatContext();
    const name = options.format ?? (/^rtmp\w*:/.test(url) ? 'flv' : null);
    const slave_options = pairs(options['output-option']);
    if (Object.keys(slave_options).length > 0) {
        const inner = name ?? av.OutputFormat.guessFormat(null, url, null)?.name;
        const slave = teeSlave(inner, slave_options, url);
        check(context.allocOutputContext2(null, 'tee', slave), 'choose the output format');
    } else {
        check(context.allocOutputContext2(null, name, url), 'choose the output format');
    }
    const streams = addStreams(context, sources);
    // node-av interrupts only inputs, and an exit would wait for the thread that is blocked in FFmpeg.
    const step = stepper(options, () => process.kill(process.pid, 'SIGKILL'));
    if (!context.oformat.hasFlags(av_constants.AVFMT_NOFILE))
        check(await step('open the output', context.openOutput()), 'open the output');
    check(await step('write the header', context.writeHeader()), 'write the header');
    return {
        streams,
        write: (packet, target) => writePacket(context, step, packet, target),
        close: async () => {
            check(await step('write the trailer', context.writeTrailer()), 'write the trailer');
            if (!context.oformat.hasFlags(av_constants.AVFMT_NOFILE)) await context.closeOutput();
        },
    };
}

// node-av opens an output without a way to give options to the protocol; the tee muxer passes them on.
function teeSlave(format, slave_options, url) {
    const escape = (text) => text.replace(/[\\'\]:|]/g, '\\$&');
    const list = Object.entries({ f: format, ...slave_options }).map(([key, value]) => `${key}=${escape(value)}`);
    return `[${list.join(':')}]${url.replace(/[\\'|]/g, '\\$&')}`;
}

function addStreams(context, sources) {
    const streams = new Map();
    for (const source of sources) {
        if (!['video', 'audio'].includes(mediaType(source))) continue;
        const added = context.newStream();
        check(source.codecpar.copy(added.codecpar), 'copy codec parameters');
        added.codecpar.codecTag = 0; // of the input's container; the muxer chooses its own
        added.timeBase = source.timeBase;
        streams.set(source.index, { source, added });
    }
    return streams;
}

async function writePacket(context, step, packet, { source, added }) {
    packet.rescaleTs(source.timeBase, added.timeBase);
    packet.streamIndex = added.index;
    packet.pos = -1n;
    check(await step('write a packet', context.interleavedWriteFrame(packet)), 'write a packet');
}

// Returns a wait until a packet of that decoding time is due, counted from the first one.
function pacer() {
    let start;
    return async (dts_ms) => {
        if (dts_ms === null) return;
        start ??= Date.now() - dts_ms;
        const early_ms = start + dts_ms - Date.now();
        if (early_ms > 0) await new Promise((resolve) => setTimeout(resolve, early_ms));
    };
}

// ---- decoding ----

function decodableStream(context, wanted) {
    for (const type of [av_constants.AVMEDIA_TYPE_VIDEO, av_constants.AVMEDIA_TYPE_AUDIO]) {
        if (wanted && wanted !== av.avGetMediaTypeString(type)) continue;
        const index = context.findBestStream(type);
        if (index >= 0) return context.streams[index];
    }
    throw new Failure(`no ${wanted ?? 'video or audio'} in the input`);
}

async function openDecoder(stream) {
    const codec = av.Codec.findDecoder(stream.codecpar.codecId);
    if (!codec) throw new Failure(`no decoder for ${codecName(stream)}`);
    const decoder = new av.CodecContext();
    decoder.allocContext3(codec);
    check(decoder.parametersToContext(stream.codecpar), 'set up the decoder');
    decoder.pktTimebase = stream.timeBase;
    check(await decoder.open2(codec, null), 'open the decoder');
    return decoder;
}

// A null packet drains the decoder. Adds what came out to result.
async function decodePacket(decoder, packet, wanted, result) {
    if ((await decoder.sendPacket(packet)) < 0) ++result.errors;
    const frame = new av.Frame();
    frame.alloc();
    for (let status = 0; result.frames < wanted; frame.unref()) {
        status = await decoder.receiveFrame(frame);
        if (status === av.FFmpegError.AVERROR(av.PosixError.EAGAIN) || status === av_constants.AVERROR_EOF) break;
        if (status < 0) {
            ++result.errors;
            break;
        }
        addFrame(result, frame);
    }
    frame.free();
}

function addFrame(result, frame) {
    ++result.frames;
    if (result.type === 'video') {
        result.width = frame.width;
        result.height = frame.height;
    } else {
        result.sample_rate = frame.sampleRate;
        result.channels = frame.channels;
        result.samples = (result.samples ?? 0) + frame.nbSamples;
    }
}

// ---- lines ----

// Not probed, FFmpeg knows the sizes and rates of some codecs only, and of AAC wrong ones.
function streamLine(stream, probed) {
    const parameters = stream.codecpar;
    const line = {
        stream: stream.index,
        type: mediaType(stream),
        codec: codecName(stream),
        extradata: digest(parameters.extradata),
    };
    if (!probed) return line;
    if (line.type === 'video') Object.assign(line, { width: parameters.width, height: parameters.height });
    if (line.type === 'audio')
        Object.assign(line, { sample_rate: parameters.sampleRate, channels: parameters.channels });
    return line;
}

function packetLine(packet, stream) {
    const data = packet.data ?? Buffer.alloc(0);
    const line = {
        stream: packet.streamIndex,
        dts_ms: milliseconds(packet.dts, stream.timeBase),
        pts_ms: milliseconds(packet.pts, stream.timeBase),
        size: data.length,
        key: packet.isKeyframe,
        md5: md5(data),
    };
    const new_extradata = packet.getSideData(av_constants.AV_PKT_DATA_NEW_EXTRADATA);
    if (new_extradata) line.new_extradata = digest(new_extradata);
    return line;
}

function digest(bytes) {
    return bytes && bytes.length > 0 ? { size: bytes.length, md5: md5(bytes) } : null;
}

function md5(bytes) {
    return createHash('md5').update(bytes).digest('hex');
}

function mediaType(stream) {
    return av.avGetMediaTypeString(stream.codecpar.codecType) ?? 'unknown';
}

function codecName(stream) {
    return av.avGetCodecName(stream.codecpar.codecId) ?? 'unknown';
}

// null for AV_NOPTS_VALUE; otherwise rounded to the nearest, halves up.
function milliseconds(timestamp, time_base) {
    if (timestamp === av_constants.AV_NOPTS_VALUE) return null;
    return Math.floor((Number(timestamp) * 1000 * time_base.num) / time_base.den + 0.5);
}

// ---- command line ----

function parseCommandLine() {
    try {
        return parseArgs({ allowPositionals: true, options: option_table });
    } catch (error) {
        throw new Failure(error.message, exit_usage);
    }
}

function pairs(list) {
    return Object.fromEntries(
        list.map((item) => {
            const at = item.indexOf('=');
            if (at < 1) throw new Failure(`not KEY=VALUE: ${item}`, exit_usage);
            return [item.slice(0, at), item.slice(at + 1)];
        }),
    );
}

function count(text) {
    return text === undefined ? Infinity : number(text);
}

function isUrl(text) {
    return /^\w+:\/\//.test(text);
}

try {
    await main();
    process.exit(0);
} catch (error) {
    writeSync(2, `av.mjs: ${error instanceof Failure ? error.message : error.stack}\n`);
    process.exit(error.exit_code ?? exit_failed);
}

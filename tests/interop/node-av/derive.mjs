// Rewrites golden FLV files into forms of Enhanced RTMP v2 that FFmpeg 8.1 reads but does not write: FourCC spellings
// of legacy codecs, the FLAC header with its marker, and ModEx prefixes. The media is untouched, so each result has the
// packets of the file it came from.
//
//   derive.mjs avc1|mp4a|mp3|flac|modex-video|modex-audio IN.flv OUT.flv
import { readFileSync, writeFileSync } from 'node:fs';

const audio_tag = 8;
const video_tag = 9;
const script_tag = 18;
const mod_ex = 7; // both VideoPacketType and AudioPacketType

const rewriters = {
    avc1: [video_tag, fourCcFromAvc],
    mp4a: [audio_tag, (body) => Buffer.concat([enhancedAudio(body[1], 'mp4a'), body.subarray(2)])],
    mp3: [audio_tag, (body) => Buffer.concat([enhancedAudio(1, '.mp3'), body.subarray(1)])],
    flac: [audio_tag, withFlacMarker],
    'modex-video': [video_tag, withModEx],
    'modex-audio': [audio_tag, withModEx],
};

const [name, input, output] = process.argv.slice(2);
const [tag_type, rewrite] = rewriters[name];
const file = readFileSync(input);
const header = file.subarray(0, 13);
// The script tag names the codec the legacy way.
const tags = readTags(file).filter(({ type }) => type !== script_tag);
const rewritten = tags.map((tag) => (tag.type === tag_type ? { ...tag, body: rewrite(tag.body) } : tag));
writeFileSync(output, Buffer.concat([header, ...rewritten.map(writeTag)]));

// AVCVIDEOPACKET: only coded frames keep the composition time in the enhanced form.
function fourCcFromAvc(body) {
    const coded_frames = 1;
    const frame_type = body[0] >> 4;
    const packet_type = body[1];
    const head = Buffer.concat([Buffer.from([0x80 | (frame_type << 4) | packet_type]), Buffer.from('avc1')]);
    return Buffer.concat([head, body.subarray(packet_type === coded_frames ? 2 : 5)]);
}

function enhancedAudio(packet_type, four_cc) {
    return Buffer.concat([Buffer.from([0x90 | packet_type]), Buffer.from(four_cc)]);
}

// SequenceStart: "fLaC", the header of the last metadata block (type 0, 34 bytes), STREAMINFO.
function withFlacMarker(body) {
    const sequence_start = 0;
    if ((body[0] & 0x0f) !== sequence_start) return body;
    return Buffer.concat([body.subarray(0, 5), Buffer.from('fLaC'), Buffer.from([0x80, 0, 0, 34]), body.subarray(5)]);
}

// A TimestampOffsetNano of 256 ns: size - 1, u24 value, then type 0 and the real packet type.
function withModEx(body) {
    const packet_type = body[0] & 0x0f;
    const prefix = Buffer.from([(body[0] & 0xf0) | mod_ex, 2, 0x00, 0x01, 0x00, packet_type]);
    return Buffer.concat([prefix, body.subarray(1)]);
}

function readTags(bytes) {
    const result = [];
    for (let at = 13; at < bytes.length; ) {
        const size = bytes.readUIntBE(at + 1, 3);
        const body = at + 11;
        result.push({
            type: bytes[at],
            time: bytes.subarray(at + 4, at + 8),
            body: bytes.subarray(body, body + size),
        });
        at = body + size + 4;
    }
    return result;
}

function writeTag({ type, time, body }) {
    const result = Buffer.alloc(11 + body.length + 4);
    result[0] = type;
    result.writeUIntBE(body.length, 1, 3);
    time.copy(result, 4);
    body.copy(result, 11);
    result.writeUInt32BE(11 + body.length, 11 + body.length);
    return result;
}

#include "rivals.hpp"

#include "sockets.hpp"
#include "yardsticks.hpp"

namespace multiconn::bench {
namespace {

bool isFfmpeg(Rival rival) {
  return rival == Rival::ffmpeg_tee || rival == Rival::ffmpeg_fifo;
}

std::vector<std::string> ffmpegInput(const RivalJob& job) {
  std::vector<std::string> arguments{"-nostdin", "-v", "error"};
  if (job.paced) arguments.emplace_back("-re");
  arguments.insert(arguments.end(), {"-stream_loop", std::to_string(job.repeat - 1), "-i", job.clip, "-map",
                                     "0", "-c", "copy"});
  return arguments;
}

}  // namespace

const char* name(Rival rival) {
  switch (rival) {
    case Rival::ours:
      return "multiconn";
    case Rival::bare_loop:
      return "bare loop of send(2)";
    case Rival::librtmp:
      return "librtmp, one thread";
    case Rival::librtmp_large_chunks:
      return "librtmp, chunks of 60000";
    case Rival::ffmpeg_tee:
      return "ffmpeg tee";
    case Rival::ffmpeg_fifo:
      return "ffmpeg tee with fifo";
  }
  return "";
}

std::string missingFor(Rival rival) {
  if (isFfmpeg(rival) && findProgram("ffmpeg").empty())
    return std::string(name(rival)) + " is left out: ffmpeg is not installed (apt-get install ffmpeg)";
  return {};
}

std::vector<std::string> ffmpegArguments(const RivalJob& job, bool fifo) {
  std::vector<std::string> arguments = ffmpegInput(job);
  std::string outputs;
  for (std::size_t i = 0; i < job.count; ++i) {
    outputs += outputs.empty() ? "[f=flv]" : "|[f=flv]";
    outputs += "rtmp://127.0.0.1:" + std::to_string(job.port) + "/live/" + streamName(i);
  }
  arguments.insert(arguments.end(), {"-flags", "+global_header", "-f", "tee"});
  if (fifo) arguments.insert(arguments.end(), {"-use_fifo", "1"});
  // In real time, what waits for a slow server is dropped rather than waited for, as our queues do.
  if (fifo && job.paced)
    arguments.insert(arguments.end(), {"-fifo_options", "drop_pkts_on_overflow=1:queue_size=600"});
  arguments.push_back(outputs);
  return arguments;
}

std::unique_ptr<Process> start(Rival rival, const RivalJob& job, int cpu) {
  if (isFfmpeg(rival))
    return std::make_unique<Process>(findProgram("ffmpeg"), ffmpegArguments(job, rival == Rival::ffmpeg_fifo),
                                     cpu);
  const bool bare = rival == Rival::bare_loop;
  const bool librtmp = rival == Rival::librtmp || rival == Rival::librtmp_large_chunks;
  std::vector<std::string> arguments{bare      ? "bare-loop"
                                     : librtmp ? "librtmp-loop"
                                               : "publisher",
                                     bare ? job.recording : job.clip,
                                     "--port",
                                     std::to_string(job.port),
                                     "--count",
                                     std::to_string(job.count),
                                     job.paced ? "--paced" : "--fast"};
  if (!bare) arguments.insert(arguments.end(), {"--repeat", std::to_string(job.repeat)});
  if (rival == Rival::librtmp_large_chunks) arguments.insert(arguments.end(), {"--chunk-size", "60000"});
  return std::make_unique<Process>(arguments, cpu);
}

bool encodeClip(const std::string& file, std::size_t seconds, std::size_t bits_per_second) {
  const std::string ffmpeg = findProgram("ffmpeg");
  if (ffmpeg.empty()) return false;
  const std::string rate = std::to_string(bits_per_second);
  const std::vector<std::string> arguments{
      "-nostdin",    "-v",       "error",    "-f",   "lavfi",    "-i",      "testsrc2=size=1280x720:rate=30",
      "-f",          "lavfi",    "-i",       "sine", "-c:v",     "libx264", "-preset",
      "ultrafast",   "-pix_fmt", "yuv420p",  "-g",   "60",       "-b:v",    rate,
      "-minrate",    rate,       "-maxrate", rate,   "-bufsize", rate,      "-x264-params",
      "nal-hrd=cbr", "-c:a",     "aac",      "-b:a", "128k",     "-t",      std::to_string(seconds),
      "-y",          file};
  return Process(ffmpeg, arguments, -1).finish().exit_code == 0;
}

double startCost(Rival rival, const RivalJob& job, const std::string& output, int cpu) {
  if (!isFfmpeg(rival)) return std::stod(output);
  RivalJob nothing = job;
  nothing.paced = false;
  std::vector<std::string> arguments = ffmpegInput(nothing);
  arguments.insert(arguments.end(), {"-f", "null", "-"});
  return Process(findProgram("ffmpeg"), arguments, cpu).finish().cpu_seconds;
}

}  // namespace multiconn::bench

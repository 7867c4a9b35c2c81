#pragma once

#include <memory>
#include <string>

#include <multiconn/amf_value.hpp>
#include <multiconn/frame.hpp>

namespace multiconn {

/// Where a source puts its frames; NetStream is behind it. Every method may be called from any thread,
/// returns at once and stays safe after the stream has closed.
class FrameSink {
 public:
  virtual ~FrameSink() = default;
  /// False: the frame was refused, because the stream is closed or over 64 MiB wait to be sent.
  virtual bool write(EncodedFrame frame) = 0;
  /// A source that is not live delivers nothing while this is true; MediaSource::resume() tells when to look
  /// again.
  virtual bool full() const = 0;
  /// No more frames. `error` is empty at the natural end.
  virtual void ended(std::string error) = 0;
};

/// A microphone, camera, file or encoder. Implemented by sdk/media for everything FFmpeg opens, or by the
/// application. Every method is called on the Runtime's thread, one at a time, and must not block: all of the
/// MultiConnection waits for it. An exception ends the source: NetStream.Source.Failed.
class MediaSource {
 public:
  virtual ~MediaSource() = default;
  /// True: frames come when they come, and a slow server has to drop. False (a file as fast as possible): the
  /// source can wait, and nothing is dropped.
  virtual bool live() const = 0;
  /// What this source adds to onMetaData: width, height, videocodecid, audiosamplerate and the like.
  virtual AmfObject properties() const { return {}; }
  /// Deliver to `sink` from now on, from a thread of the source's own. Called again after stop(), with
  /// another sink.
  virtual void start(std::shared_ptr<FrameSink> sink) = 0;
  /// FrameSink::full() may have become false.
  virtual void resume() {}
  /// No write() begins after this has returned. Must not wait for one that is running. What it throws is
  /// ignored.
  virtual void stop() = 0;
};

class AudioSource : public MediaSource {};
class VideoSource : public MediaSource {};

}  // namespace multiconn

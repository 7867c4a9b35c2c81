#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <multiconn/amf_value.hpp>
#include <multiconn/frame.hpp>
#include <multiconn/source.hpp>
#include <multiconn/status.hpp>

namespace multiconn {

/// NetStream.publish's second argument: `record` and `append` ask the servers to keep a file.
enum class PublishMode : std::uint8_t { live, record, append };

class ClientCore;

/// What the ways to the servers carry, for an encoder that can change its bitrate: four fifths of `weakest`
/// while there is one, its full rate while there is none. A figure is measured while frames wait; when none
/// do any more it stays for some seconds and then grows little by little, so that the encoder finds out
/// whether there is room again. `weakest` goes away once it is well above what was sent before.
struct Bandwidth {
  struct Server {
    ServerId id{};
    std::uint64_t bits_per_second = 0;
    bool congested = false;  ///< it does not keep up: frames wait for it, or are dropped
  };
  std::vector<Server> servers;  ///< those that are published to
  /// Bits per second of the weakest that is congested, or was and has not shown yet that it carries more.
  /// Servers that take nothing at all do not count: they hang.
  std::optional<std::uint64_t> weakest;
  std::uint64_t broadcast = 0;  ///< bits per second of what is being sent
};

/// One outgoing stream on every server of a MultiConnection. A handle: copies name the same stream, and it
/// may outlive the MultiConnection harmlessly. Every method may be called from any thread, posts, and returns
/// at once.
class NetStream {
 public:
  NetStream() = default;

  /// Take frames from a source; nullptr detaches. publish() starts the transmission. A source that is not
  /// live starts once every server has either begun to publish or failed, or the setup time-out has passed,
  /// so that no server misses its beginning; a live one waits half a second for the others once the first
  /// server publishes. A source that is attached while another delivers takes its place, and time goes on.
  void attachAudio(std::shared_ptr<AudioSource> source);
  void attachVideo(std::shared_ptr<VideoSource> source);

  /// Publish to every server under `name`, or its Destination::stream. Asked for before connect() it is
  /// pipelined. After ncClose(): NetStream.Publish.Failed.
  void publish(std::string name, PublishMode mode = PublishMode::live);

  /// For applications with their own encoder. False: the frame was refused, because over 64 MiB wait to be
  /// sent or the stream is closed. Frames of one track come in order of dts; key frames open a group of
  /// pictures.
  bool writeAudio(EncodedFrame frame);
  bool writeVideo(EncodedFrame frame);

  /// What kind of writer of frames the application is. True, the default: frames that a server is too slow
  /// for are dropped for it. False: the application waits by queued() or onDrain(), as a file source does.
  /// Then nothing is dropped from Publish.Start on, write*() also refuses while over 64 MiB wait for the
  /// fullest server, and a server that takes nothing for ConnectOptions::stall_timeout is given up. A server
  /// that is away is not waited for while another one publishes: it misses what ConnectOptions::resume_bytes
  /// and resume_age do not hold until it is back. Best said before publish(); it stays.
  void live(bool live);

  /// NetStream.send: a data message to the players, in order with the frames around it. `handler` has one
  /// part (no dots) and is no name that RTMP itself uses ("close" and the like): else NetStream.Send.Failed.
  /// "@setDataFrame" and "@clearDataFrame" set and remove what players that join later get.
  void send(std::string handler, std::vector<AmfValue> arguments = {});

  /// Ends the publish on every server (ActionScript's publish(false)); sources stay attached, and publish()
  /// begins anew, at time 0.
  void stop();

  /// How much of a live broadcast may wait for a slow server before frames are dropped (NetStream.bufferTime
  /// of a publisher); ConnectOptions::queue_age until said.
  void bufferTime(std::chrono::milliseconds longest);

  /// onMetaData, kept and sent to servers that join later. Sources add their own properties to it.
  void metadata(AmfObject properties);

  /// Bytes that the fullest healthy server has not taken yet.
  std::size_t queued() const;
  /// Called each time every healthy server's queue has fallen below its mark (1 MiB) after having been above
  /// it.
  void onDrain(std::function<void()> callback);
  /// Called once a second at most: when there begins or ceases to be a Bandwidth::weakest, and while there is
  /// one when it, or the figure of a server that is congested, has changed by more than a tenth.
  void onBandwidth(std::function<void(const Bandwidth&)> callback);
  /// No more frames: once every healthy server has taken all that was queued, unpublish and call back.
  void finish(std::function<void()> done);

  /// Media time of the newest frame, from the broadcast's beginning. Stands still while both sources are
  /// detached; when one is attached again it jumps by the idle time.
  std::chrono::milliseconds time() const;

  /// Statuses of the stream, from every server (the article's nsStatus). Those of before the first one are
  /// kept for it, as MultiConnection::onStatus() has it.
  void onStatus(std::function<void(const Status&)> callback);

  /// Unpublishes everywhere and detaches the sources. publish() begins anew.
  void close();

 private:
  friend class MultiConnection;
  explicit NetStream(std::weak_ptr<ClientCore> core);
  std::weak_ptr<ClientCore> core_;
};

}  // namespace multiconn

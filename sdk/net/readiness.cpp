#include "net/readiness.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>

#include "net/asio_strand.hpp"

namespace multiconn::net {

namespace asio = boost::asio;

struct Readiness::State {
  explicit State(const Strand& strand) : descriptor(strand) {}
  asio::posix::basic_stream_descriptor<Strand> descriptor;
  bool closed = false;
};

Readiness::Readiness(AsioScheduler& scheduler, Socket socket)
    : state_(std::make_shared<State>(strandOf(scheduler))) {
  boost::system::error_code failed;
  state_->descriptor.assign(socket.descriptor(), failed);
  if (failed) return;
  descriptor_ = state_->descriptor.native_handle();
  socket.release();
}

Readiness::~Readiness() {
  close();
}

void Readiness::waitReadable(std::function<void()> ready) {
  wait(false, std::move(ready));
}
void Readiness::waitWritable(std::function<void()> ready) {
  wait(true, std::move(ready));
}

void Readiness::close() {
  descriptor_ = -1;
  state_->closed = true;
  boost::system::error_code ignored;
  state_->descriptor.close(ignored);
}

Socket Readiness::release() {
  descriptor_ = -1;
  state_->closed = true;
  return state_->descriptor.is_open() ? Socket(state_->descriptor.release()) : Socket();
}

void Readiness::wait(bool for_write, std::function<void()> ready) {
  using Descriptor = asio::posix::descriptor_base;
  // A socket the reactor did not take completes at once with bad_descriptor: the handler then meets EBADF by
  // itself. A completion may stand in the strand's queue already when the wait is cancelled, hence the flag.
  state_->descriptor.async_wait(
      for_write ? Descriptor::wait_write : Descriptor::wait_read,
      [state = std::weak_ptr(state_), ready = std::move(ready)](const boost::system::error_code&) {
        const auto alive = state.lock();
        if (alive && !alive->closed) ready();
      });
}

}  // namespace multiconn::net

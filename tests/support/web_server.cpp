#include "support/web_server.hpp"

#include <array>
#include <span>
#include <utility>

#include "net/listener.hpp"
#include "net/tcp_transport.hpp"
#include "net/tls_transport.hpp"

namespace multiconn::net::test {

struct WebServer::Impl {
  Impl(AsioScheduler& on, Script said, std::shared_ptr<const TlsContext> secured)
      : scheduler(on), script(std::move(said)), tls(std::move(secured)), listener(on, "127.0.0.1", 0) {
    listener.start([this](Socket socket, const Address&) { accepted(std::move(socket)); });
  }
  void accepted(Socket socket);

  AsioScheduler& scheduler;
  Script script;
  std::shared_ptr<const TlsContext> tls;
  std::chrono::milliseconds pace{};
  std::vector<std::string> requests;
  std::size_t present = 0;
  Listener listener;
  std::vector<std::unique_ptr<Visitor>> visitors;
};

struct WebServer::Visitor {
  Visitor(Impl& of, std::unique_ptr<Transport> over) : server(of), transport(std::move(over)) {
    ++server.present;
  }

  void listen() {
    transport->waitReadable([this] { read(); });
  }
  void read() {
    std::array<char, 4096> buffer;
    while (true) {
      const IoResult result = transport->read(std::as_writable_bytes(std::span(buffer)));
      heard.append(buffer.data(), result.bytes);
      if (result.ended || result.error) return leave();
      if (result.would_block) break;
    }
    listen();
    if (const std::size_t end = heard.find("\r\n\r\n"); end != std::string::npos && !asked) asked_for(end);
  }
  void asked_for(std::size_t end) {
    asked = true;
    server.requests.push_back(heard.substr(0, end + 2));
    const std::size_t from = heard.find(' ') + 1;
    const auto answer = server.script(heard.substr(from, heard.find(' ', from) - from));
    if (!answer) return;
    saying = *answer;
    write();
  }
  void write() {
    while (said < saying.size()) {
      const bool slow = server.pace.count() > 0;
      const auto rest = rtmp::asBytes(std::string_view(saying).substr(said, slow ? 1 : std::string::npos));
      const IoResult sent = transport->write({&rest, 1});
      said += sent.bytes;
      if (sent.error) return leave();
      if (sent.would_block) return transport->waitWritable([this] { write(); });
      if (!slow) continue;
      timer = server.scheduler.after(server.pace, [this] { write(); });
      return;
    }
    transport->shutdownWrite();
  }
  void leave() {
    if (!std::exchange(gone, true)) --server.present;
    timer.cancel();
  }

  Impl& server;
  std::unique_ptr<Transport> transport;
  std::string heard, saying;
  std::size_t said = 0;
  bool asked = false;
  bool gone = false;
  Timer timer;
};

void WebServer::Impl::accepted(Socket socket) {
  if (!tls) {
    visitors.push_back(
        std::make_unique<Visitor>(*this, std::make_unique<TcpTransport>(scheduler, std::move(socket))));
    return visitors.back()->listen();
  }
  auto secured = std::make_unique<TlsTransport>(scheduler, std::move(socket), tls, "");
  TlsTransport& transport = *secured;
  visitors.push_back(std::make_unique<Visitor>(*this, std::move(secured)));
  transport.handshake([visitor = visitors.back().get()](const std::optional<LinkFailure>& failure) {
    failure ? visitor->leave() : visitor->read();
  });
}

WebServer::WebServer(AsioScheduler& scheduler, Script script, std::shared_ptr<const TlsContext> tls)
    : impl_(std::make_unique<Impl>(scheduler, std::move(script), std::move(tls))) {}
WebServer::~WebServer() = default;

std::uint16_t WebServer::port() const {
  return impl_->listener.port();
}
std::string WebServer::url(const std::string& target) const {
  return (impl_->tls ? "https://127.0.0.1:" : "http://127.0.0.1:") + std::to_string(port()) + target;
}
void WebServer::trickle(std::chrono::milliseconds pace) {
  impl_->pace = pace;
}
const std::vector<std::string>& WebServer::requests() const {
  return impl_->requests;
}
std::size_t WebServer::present() const {
  return impl_->present;
}

std::string webAnswer(unsigned status, const std::string& body, const std::string& fields) {
  return "HTTP/1.1 " + std::to_string(status) + " As Scripted\r\n" + fields +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

}  // namespace multiconn::net::test

#pragma once

// The example of docs/origin.md.
#include <stdexcept>
#include <string>

#include <multiconn/origin.hpp>

class Chat : public multiconn::Application {
 public:
  Chat() {
    // NetConnection.call("rename", ..., "Ann"): the result goes back, what is thrown becomes Call.Failed.
    method("rename", [this](const multiconn::Client& client, const Arguments& arguments) {
      const std::string* name = arguments.empty() ? nullptr : arguments[0].string();
      if (!name || name->empty()) throw std::invalid_argument("rename needs a name");
      people_.set(std::to_string(client.id()), *name);
      return multiconn::AmfValue(true);
    });
  }

 private:
  void onAppStart() override {
    people_ = sharedObject("people");
    topic_ = sharedObject("topic", true);  // persistent: is there again after a restart
    if (!topic_.get("text")) topic_.set("text", "Welcome to " + scope());
  }

  multiconn::ConnectDecision onConnect(const multiconn::Client& client,
                                       const multiconn::ConnectRequest& request) override {
    const std::string* name = request.arguments.empty() ? nullptr : request.arguments[0].string();
    if (!name) return multiconn::ConnectDecision::reject("Say who you are.");
    people_.set(std::to_string(client.id()), *name);
    return multiconn::ConnectDecision::accept();
  }

  void onDisconnect(const multiconn::Client& client) override {
    people_.remove(std::to_string(client.id()));
    broadcast("left", {client.id()});
  }

  multiconn::StreamDecision onPublish(const multiconn::Client&,
                                      const multiconn::StreamRequest& stream) override {
    if (stream.query == "key=opensesame") return multiconn::StreamDecision::accept();
    return multiconn::StreamDecision::refuse("The key is wrong.");
  }

  bool mayWrite(const multiconn::Client&, const std::string& object, const std::string&) override {
    return object != "people";  // this one is kept by the server
  }

  multiconn::HostedObject people_, topic_;
};

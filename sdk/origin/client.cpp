// The server's handles to connections: Client, and the answers to their calls.
#include <utility>

#include <multiconn/application.hpp>

#include "origin/application_instance.hpp"
#include "origin/client_connection.hpp"
#include "origin/client_membership.hpp"
#include "origin/client_record.hpp"
#include "origin/pending_reply.hpp"
#include "origin/server_door.hpp"

namespace multiconn {
namespace {

using origin::ClientConnection;
using origin::ClientMembership;
using origin::ClientRecord;

const std::string nothing;

// On the strand.
template <typename Action>
void onMember(const ClientRecord& record, const Action& action) {
  const auto connection = record.connection.lock();
  if (connection && connection->member()) action(*connection->member());
}

template <typename Action>
std::function<void()> task(const std::shared_ptr<ClientRecord>& record, Action action) {
  return [record, action = std::move(action)] { onMember(*record, action); };
}

// An application that has stopped hears nothing any more.
void tellOfEnd(const std::shared_ptr<origin::ApplicationInstance>& instance,
               const ClientMembership::Replied& replied) {
  if (!instance) return;
  instance->run("a reply's callback", [&] { replied({false, {}, "The connection has ended."}); });
}

}  // namespace

std::uint64_t Client::id() const {
  return record_ ? record_->id : 0;
}
const std::string& Client::address() const {
  return record_ ? record_->address : nothing;
}
const std::string& Client::application() const {
  return record_ ? record_->application : nothing;
}
const std::string& Client::query() const {
  return record_ ? record_->query : nothing;
}
const std::string& Client::uri() const {
  return record_ ? record_->uri : nothing;
}
const std::string& Client::agent() const {
  return record_ ? record_->agent : nothing;
}
const std::string& Client::pageUrl() const {
  return record_ ? record_->page_url : nothing;
}
const std::string& Client::referrer() const {
  return record_ ? record_->referrer : nothing;
}
const std::string& Client::user() const {
  return record_ ? record_->user : nothing;
}
int Client::objectEncoding() const {
  return record_ ? record_->object_encoding : 0;
}
bool Client::connected() const {
  return record_ && record_->connected;
}

// What decides about the connection is always a task: it brings callbacks about.
void Client::accept() {
  if (record_) record_->door->post(task(record_, [](ClientMembership& member) { member.accept(); }));
}

void Client::reject(std::string description, AmfValue application) {
  if (!record_) return;
  record_->door->post(
      task(record_, [description = std::move(description), application = std::move(application)](
                        ClientMembership& member) { member.reject(description, application); }));
}

void Client::redirect(std::string url, std::string description) {
  if (!record_) return;
  record_->door->post(task(record_, [url = std::move(url), description = std::move(description)](
                                        ClientMembership& member) { member.redirect(url, description); }));
}

void Client::call(std::string method, std::vector<AmfValue> arguments,
                  std::function<void(const ClientReply&)> replied) {
  if (!record_) return;
  record_->door->enter([record = record_, method = std::move(method), arguments = std::move(arguments),
                        replied = std::move(replied)] {
    const auto connection = record->connection.lock();
    if (connection && connection->member()) {
      connection->member()->call(method, arguments, replied);
    } else if (replied) {
      record->door->post([instance = record->instance, replied] { tellOfEnd(instance.lock(), replied); });
    }
  });
}

void Client::requestReconnect(std::string url, std::string description) {
  if (!record_) return;
  record_->door->enter(
      task(record_, [url = std::move(url), description = std::move(description)](ClientMembership& member) {
        member.requestReconnect(url, description);
      }));
}

void Client::disconnect() {
  if (!record_) return;
  record_->door->post([record = record_] {
    if (const auto connection = record->connection.lock()) {
      connection->end("the application closes it", net::CloseMode::graceful);
    }
  });
}

namespace origin {

PendingReply::~PendingReply() {
  fail("The method gave no answer.");
}

void PendingReply::result(AmfValue value) {
  if (given_.exchange(true)) return;
  client_->door->enter(task(client_, [transaction = transaction_, value = std::move(value)](
                                         ClientMembership& member) { member.reply(transaction, value); }));
}

void PendingReply::fail(std::string description) {
  if (given_.exchange(true)) return;
  client_->door->enter(task(client_, [transaction = transaction_, text = std::move(description)](
                                         ClientMembership& member) { member.failReply(transaction, text); }));
}

}  // namespace origin
}  // namespace multiconn

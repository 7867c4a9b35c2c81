#include "balancer/look_up_pages.hpp"

#include "balancer/answers.hpp"

namespace multiconn::balancer {
namespace {

using Form = LookUpQuery::Form;

// Flash's URLLoader reads it before it asks another host (cross-domain policy file, Adobe).
constexpr std::string_view cross_domain_policy =
    "<?xml version=\"1.0\"?>\n<cross-domain-policy><allow-access-from domain=\"*\"/></cross-domain-policy>\n";

LookUpForm formOf(Form form) {
  return form == Form::json       ? LookUpForm::json
         : form == Form::redirect ? LookUpForm::http_redirect
                                  : LookUpForm::text;
}

// An absolute target (RFC 9112 3.2.2) is what a proxy sends.
std::string_view withoutAuthority(std::string_view target) {
  constexpr std::string_view scheme = "http://";
  if (!target.starts_with(scheme)) return target;
  const std::size_t path = target.find('/', scheme.size());
  return path == std::string_view::npos ? "/" : target.substr(path);
}

void addRetryAfter(const balance::Answer& answer, HttpReply& reply) {
  const auto wait = std::chrono::ceil<std::chrono::seconds>(answer.retry_after).count();
  reply.fields += "Retry-After: " + std::to_string(wait > 0 ? wait : 1) + "\r\n";
}

}  // namespace

void LookUpPages::answer(const HttpRequestView& request, const std::string& client, balance::TimePoint now,
                         HttpReply& reply) {
  if (request.method != "GET" && request.method != "HEAD") {
    reply.plain(405, "Only GET and HEAD are answered.\n");
    reply.fields = "Allow: GET, HEAD\r\n";
    return;
  }
  const std::string_view target = withoutAuthority(request.target);
  const std::size_t mark = target.find('?');
  const std::string_view path = target.substr(0, mark);
  if (path == "/crossdomain.xml") {
    reply.plain(200, cross_domain_policy);
    reply.content_type = "text/x-cross-domain-policy";
    return;
  }
  if (!path.ends_with("loadbalancer")) {
    return reply.plain(404, "Nothing is here: ask /loadbalancer for the least loaded server.\n");
  }
  const auto query =
      parseLookUpQuery(mark == std::string_view::npos ? std::string_view() : target.substr(mark + 1));
  if (const auto* const wrong = std::get_if<std::string>(&query)) {
    return reply.plain(400, "Bad request: " + *wrong + ".\n");
  }
  const auto& asked = std::get<LookUpQuery>(query);
  if (asked.form == Form::server_info || asked.form == Form::explain) return document(asked, now, reply);
  // HEAD tells what GET would (RFC 9110 9.3.2), and sends nobody anywhere.
  lookUp(asked, {asked.count, asked.scheme, client, request.method == "GET"}, now, reply);
}

void LookUpPages::lookUp(const LookUpQuery& query, const balance::Question& question, balance::TimePoint now,
                         HttpReply& reply) {
  reply.reset();
  // Players in browsers ask from pages of other hosts.
  reply.fields = "Access-Control-Allow-Origin: *\r\n";
  const balance::Answer answer = edges_.lookUp(question, formOf(query.form), now);
  if (query.form == Form::text) return appendText(reply.body, answer);
  if (answer.chosen.empty()) {
    reply.status = 503;
    addRetryAfter(answer, reply);
  }
  if (query.form == Form::json) {
    reply.content_type = "application/json";
    reply.body = toJson(answer) + "\n";
  } else if (answer.chosen.empty()) {
    reply.body = "No server can take a client: " + std::string(nameOf(answer.reason)) + ".\n";
  } else {
    reply.status = 302;
    reply.fields += "Location: " + locationOf(answer.chosen.front(), query) + "\r\n";
  }
}

void LookUpPages::document(const LookUpQuery& query, balance::TimePoint now, HttpReply& reply) const {
  if (!server_info_) {
    return reply.plain(403, "This is switched off: --server-info-xml, or enableServerInfoXML, allows it.\n");
  }
  reply.reset();
  if (query.form == Form::explain) {
    reply.body = explain(edges_.pool(), edges_.policy(), now);
    return;
  }
  reply.content_type = "text/xml; charset=utf-8";
  reply.body = serverInfoXml(edges_.pool(), now);
}

}  // namespace multiconn::balancer

#pragma once

#include <string>

#include "agent/http/http_client.hpp"

namespace multiconn::agent {

/// What the server tells at `url`, whatever the status of its answer. Throws std::runtime_error with one
/// sentence that names the URL, and the option that names another one, when there is no answer.
tools::HttpReply askPage(const tools::HttpUrl& url, const tools::Interrupt& interrupt);

/// Of an answer of `url` that has to be 200. Throws likewise when it is another one.
std::string bodyOf(const tools::HttpUrl& url, tools::HttpReply reply);

/// Both.
std::string readPage(const tools::HttpUrl& url, const tools::Interrupt& interrupt);

}  // namespace multiconn::agent

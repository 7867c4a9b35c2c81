#pragma once

// For source files only: whoever includes this pays for Asio.
#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>

#include "net/asio_scheduler.hpp"

namespace multiconn::net {

using Strand = boost::asio::strand<boost::asio::io_context::executor_type>;

struct AsioScheduler::Impl {
  Strand strand;
};

inline const Strand& strandOf(const AsioScheduler& scheduler) {
  return scheduler.impl().strand;
}

}  // namespace multiconn::net

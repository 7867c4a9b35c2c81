#pragma once

#include <multiconn/amf_value.hpp>
#include <multiconn/balancer_client.hpp>
#include <multiconn/destination.hpp>
#include <multiconn/frame.hpp>
#include <multiconn/multi_connection.hpp>
#include <multiconn/net_stream.hpp>
#include <multiconn/runtime.hpp>
#include <multiconn/source.hpp>
#include <multiconn/status.hpp>

#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <utility> // Boost 1.74's asio.hpp needs it first in C++20

namespace tau::plugins {

/// Switches Nagle's algorithm off for one TCP connection of this process.
///
/// libtorrent leaves it on and offers no setting for it, so a small record waits until the
/// other side's delayed acknowledgement of the one before, 40 ms. An open connection's pair
/// of addresses belongs to one descriptor, which is searched among all that are open, from where
/// the last one was. Nothing happens where there is no such socket: a connection over a proxy.
///
/// Source:    RFC 896, RFC 1122 (4.2.3.4); POSIX getpeername().
/// Threading: the thread that owns the connection, while it is open.
/// Errors:    false if no descriptor was found or it did not take the option.
bool send_without_delay(boost::asio::ip::tcp::endpoint const& local,
                        boost::asio::ip::tcp::endpoint const& remote);

} // namespace tau::plugins

#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <utility> // Boost 1.74's asio.hpp needs it first in C++20

#include <libtorrent/alert.hpp>

#include <functional>
#include <memory>
#include <vector>

namespace tau::plugins {

/// Carries libtorrent's alerts to those who want them, as values of our own.
///
/// A route has two steps. `capture` copies what is needed out of the alert, on
/// whichever thread libtorrent calls, with its alert lock held; `handle` then runs
/// on the tau thread. An alert must not be kept: libtorrent reuses its memory.
///
/// Threading: route() on the tau thread before alerts flow. deliver() on the tau
///            thread, post() on any, also at the same time: routes do not change.
/// Errors:    an exception of a capture or a handler is ours and not caught here.
class alert_router {
public:
    /// Routes every `Alert` (a type of libtorrent/alert_types.hpp). `capture` gives a
    /// std::optional; nullopt means the alert is not for this route.
    template <class Alert, class Capture, class Handle>
    void route(Capture capture, Handle handle) {
        m_routes.push_back({Alert::alert_type,
                            [capture, handle](lt::alert const& a) {
                                if (auto value = capture(static_cast<Alert const&>(a)))
                                    handle(std::move(*value));
                            },
                            [capture, handle](lt::alert const& a, boost::asio::io_context& home) {
                                if (auto value = capture(static_cast<Alert const&>(a)))
                                    boost::asio::post(home,
                                                      [handle, v = std::move(*value)]() mutable {
                                                          handle(std::move(v));
                                                      });
                            }});
    }

    /// Owner mode: captures and handles at once.
    void deliver(lt::alert const& alert) const;
    /// Guest mode: captures now, handles on the thread that runs `home`.
    void post(lt::alert const& alert, boost::asio::io_context& home) const;

private:
    struct entry {
        int type;
        std::function<void(lt::alert const&)> now;
        std::function<void(lt::alert const&, boost::asio::io_context&)> later;
    };
    std::vector<entry> m_routes; // a dozen at most: a scan beats a map
};

} // namespace tau::plugins

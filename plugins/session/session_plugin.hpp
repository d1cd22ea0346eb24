#pragma once

#include "core/endpoint.hpp"

#include <libtorrent/extensions.hpp>

#include <memory>
#include <mutex>

namespace tau::plugins {

/// What libtorrent asks of us, apart from its plugin interface. Everything is called
/// on threads of libtorrent's choosing: copy, post, return. Nothing may throw.
class session_callbacks {
public:
    virtual ~session_callbacks() = default;

    /// An alert is being posted. In guest mode only; libtorrent's alert lock is held.
    virtual void on_alert(lt::alert const& alert) noexcept = 0;
    /// A KRPC query came in. `message` is the whole datagram; `response` holds `r` with
    /// our id, `ip`, `t` and `y`. True: send `response` as it is now. False: libtorrent
    /// answers, and keeps what was put into `response`.
    virtual bool on_dht_request(std::string_view query, endpoint const& source,
                                lt::bdecode_node const& message, lt::entry& response) noexcept = 0;
    /// The session is shutting down; later calls on its handle fail.
    virtual void on_session_end() noexcept = 0;
};

/// The one object of ours that a session holds. The session may keep it longer than
/// the plugin set lives, so it holds the callbacks loosely: after sever() it does
/// nothing, and a call under way keeps the callbacks alive until it returns.
///
/// Threading: any. Errors: none leave a callback.
class session_plugin final : public lt::plugin {
public:
    /// A guest is told of alerts by callback; an owner drains the queue instead.
    enum class alert_source { queue, callback };
    session_plugin(std::shared_ptr<session_callbacks> callbacks, alert_source alerts);

    void sever();

    lt::feature_flags_t implemented_features() override;
    void abort() override;
    bool on_dht_request(lt::string_view query, lt::udp::endpoint const& source,
                        lt::bdecode_node const& message, lt::entry& response) override;
    void on_alert(lt::alert const* alert) override;

private:
    [[nodiscard]] std::shared_ptr<session_callbacks> callbacks() const;

    mutable std::mutex m_mutex; // held for the copy of one pointer
    std::shared_ptr<session_callbacks> m_callbacks;
    alert_source m_alerts;
};

} // namespace tau::plugins

#pragma once

#include "messenger/carrier.hpp"
#include "messenger/engine.hpp"
#include "plugins/tau/overlay_set.hpp"

#include <deque>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace tau::node {

/// Between the messenger and the overlay of one identity: carries messages over links and
/// paths, and keeps what topics were joined and what was said in them lately.
///
/// Threading: tau thread. Errors: by value.
class overlay_bridge final : public messenger::carrier {
public:
    static constexpr std::size_t kept_posts = 200; ///< of one topic, in memory
    static constexpr std::size_t max_topics = 64;
    static constexpr std::size_t max_topic_name = 200; ///< octets
    /// From the hand-over on; the messenger tries again on its own later.
    static constexpr std::chrono::seconds carry_life{20};

    /// Both outlive the bridge. `topics_file` keeps names of topics over restarts.
    overlay_bridge(overlay_set& overlay, messenger::engine& messenger,
                   std::filesystem::path topics_file, logger log);
    ~overlay_bridge() override;

    /// Begins: joins our own swarm and the kept topics, and those of the settings.
    void start(std::uint16_t port, std::vector<std::string> const& topics);
    void stop();

    // messenger::carrier
    [[nodiscard]] messenger::reach
    reach_of(public_key const& who, std::optional<wallet_address> const& wallet) const override;
    [[nodiscard]] error_code carry(public_key const& to, wallet_address const& wallet,
                                   messenger::message_id const& id, bytes sealed) override;
    void release(messenger::message_id const& id) override { m_overlay.release(id); }
    void on_links(wallet_address const& of, std::vector<wallet_address> links,
                  std::chrono::milliseconds good_for) override;
    void on_kept(messenger::message_id const& id) override;
    void on_refused(messenger::message_id const& id) override;

    // Topics, by the names that people use.
    /// Joining twice is no error. errc::invalid_argument, errc::too_large, and what writing
    /// the file may say.
    [[nodiscard]] error_code join(std::string const& name);
    /// errc::not_found.
    [[nodiscard]] error_code leave(std::string const& name);
    [[nodiscard]] std::map<std::string, info_hash> const& topics() const { return m_topics; }
    [[nodiscard]] result<wire::topic_post> say(std::string const& name, std::string text);
    [[nodiscard]] std::deque<wire::topic_post> posts(info_hash const& topic) const;
    /// Told of each post, our own included.
    void on_post(std::function<void(std::string const& name, wire::topic_post const&)> handler) {
        m_told = std::move(handler);
    }

    [[nodiscard]] overlay_set& set() { return m_overlay; }

private:
    void on_arrival(forward::arrival const& what);
    void on_acknowledged(forward::acknowledged const& what);
    void on_link(overlay::link_identity const& who, bool is_up);
    void tell_links();
    void keep_post(wire::topic_post const& post);
    [[nodiscard]] error_code save() const;
    void load();

    overlay_set& m_overlay;
    messenger::engine& m_messenger;
    std::filesystem::path m_file;
    logger m_log;
    std::map<std::string, info_hash> m_topics;
    std::map<info_hash, std::deque<wire::topic_post>> m_posts;
    std::function<void(std::string const&, wire::topic_post const&)> m_told{};
    bool m_running = false;
    std::shared_ptr<overlay_bridge*> m_alive;
};

} // namespace tau::node

#pragma once

#include "core/endpoint.hpp"
#include "core/log.hpp"
#include "overlay/handshake.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <unordered_map>
#include <vector>

namespace tau::overlay {

/// Names one connection of one swarm for as long as the process runs.
using connection_id = std::uint64_t;

/// Whether a connection that ends may be opened again at once.
enum class closing { normal, unwanted };

/// What the engine has done to connections; performed by plugins/swarm or a simulation.
class connection_port {
public:
    virtual ~connection_port() = default;
    /// One extension message.
    virtual void send(connection_id to, bytes packet) = 0;
    /// The connection ends soon; on_closed() is not needed for it any more.
    virtual void close(connection_id which, closing how) = 0;
};

/// Who is told of links.
struct link_observer {
    std::function<void(link_identity const&, moment)> on_up{};
    std::function<void(link_identity const&, moment)> on_down{};
    /// The link has a connection in a swarm, or has none there any more.
    std::function<void(link_identity const&, info_hash const& swarm, bool is_up, moment)>
        on_member{};
    /// A message of a kind that the link's layer does not know itself.
    std::function<void(link_identity const& from, wire::link_message const&, moment)> on_message{};
};

/// A link as a user sees it.
struct link_view {
    link_identity who;
    endpoint where;
    std::vector<info_hash> swarms;
    bool began = false; ///< by us
    time_point since{};
    std::uint64_t sent_bytes = 0;
    std::uint64_t received_bytes = 0;
};

struct overlay_counts {
    std::uint64_t connections = 0;
    std::uint64_t links = 0;
    std::uint64_t refused_hellos = 0;  ///< forged, replayed, stale or malformed
    std::uint64_t refused_records = 0; ///< changed, repeated or malformed
    std::uint64_t selves = 0;          ///< connections to ourselves
    std::uint64_t duplicates = 0;      ///< second connections of a pair in one swarm
    std::uint64_t silent = 0;          ///< no hello in time
};

/// Turns connections of swarms into links between proven keys.
///
/// A connection becomes part of a link when both proofs hold. Of several connections of
/// a pair in one swarm both sides keep the same one; connections in different swarms
/// serve one link, over the oldest of them. Messages are gathered, and leave as one
/// record at flush().
///
/// Source:    docs/wire/hello.md. Threading: tau thread. Errors: counted; the connection
///            that made one is closed.
class engine {
public:
    /// From the connection on, until its proof must be there.
    static constexpr std::chrono::seconds handshake_timeout{10};
    /// Each side of a link sends an empty record that often, so that the other one and the
    /// NATs between know that it is there ...
    static constexpr std::chrono::seconds idle_pause{15};
    /// ... and one that received nothing for so long has ended.
    static constexpr std::chrono::seconds silence_limit{40};
    /// Gathered octets that leave without waiting for flush().
    static constexpr std::size_t full_record = 64 * 1024;
    static constexpr std::size_t max_connections = 4096;

    /// `keys`, `random` and `port` outlive the engine.
    engine(identity::keyring const& keys, random_source& random, connection_port& port, unix_ms now,
           logger log = {});
    ~engine();

    void observe(link_observer observer) { m_observer = std::move(observer); }
    /// Keys that are refused (blocked by the user).
    void refuse(std::function<bool(public_key const&)> is_refused) { m_refused = is_refused; }

    // What the adapter learns.
    void on_connected(connection_id id, info_hash const& swarm, link_side side,
                      endpoint const& remote, moment now);
    void on_packet(connection_id id, byte_view packet, moment now);
    void on_closed(connection_id id, moment now);

    [[nodiscard]] std::optional<time_point> wake_at() const;
    void on_time(moment now);

    /// Gathers a message for the link; false if there is none or it is too large.
    bool send(wallet_address const& to, wire::link_kind kind, byte_view body);
    /// Sends what was gathered.
    void flush();
    [[nodiscard]] bool has_gathered() const { return !m_unflushed.empty(); }
    /// Called when something was gathered that waits for flush().
    void on_gathered(std::function<void()> handler) { m_gathered = std::move(handler); }

    /// Ends all connections of a link.
    void drop(wallet_address const& who, moment now);
    /// Ends the link's connection in one swarm, after what was gathered; it is not wanted
    /// again soon.
    void part(wallet_address const& who, info_hash const& swarm, moment now);

    [[nodiscard]] bool is_linked(wallet_address const& who) const { return m_links.contains(who); }
    [[nodiscard]] std::optional<link_identity> link_of(wallet_address const& who) const;
    /// The other end of the link's oldest connection.
    [[nodiscard]] std::optional<endpoint> seen_at(wallet_address const& who) const;
    [[nodiscard]] std::optional<wallet_address> wallet_linked_to(public_key const& key) const;
    [[nodiscard]] std::vector<link_view> links() const;
    /// The wallets of links that have a connection in `swarm`.
    [[nodiscard]] std::vector<wallet_address> members_of(info_hash const& swarm) const;
    [[nodiscard]] overlay_counts counts() const;
    [[nodiscard]] identity::binding_book& bindings() { return m_book; }

private:
    struct connection {
        info_hash swarm;
        link_side side;
        endpoint remote;
        time_point opened;
        handshake hello;
        std::optional<link_cipher> cipher{};
        time_point heard{};
        time_point spoke{};
    };
    struct link {
        link_identity who;
        std::vector<connection_id> carriers{}; // the oldest first
        time_point since{};
        bytes gathered{};
        std::uint64_t sent = 0;
        std::uint64_t received = 0;
    };

    void on_hello(connection_id id, connection& c, wire::hello const& hello, moment now);
    void on_proof(connection_id id, connection& c, wire::hello_proof const& proof, moment now);
    void on_record(connection_id id, connection& c, wire::link_record const& record, moment now);
    void establish(connection_id id, connection& c, moment now);
    /// True if `id` is the one to go.
    [[nodiscard]] bool settle_duplicate(connection_id id, connection const& c, link& with,
                                        moment now);
    void refuse_connection(connection_id id, std::uint64_t& counter, moment now);
    void close(connection_id id) { m_port.close(id, closing::normal); }
    void remove(connection_id id, moment now);
    [[nodiscard]] bool is_in(link const& l, info_hash const& swarm) const;
    void flush_link(link& l);
    void look_at_idle(moment now);
    void send_record(connection_id id, connection& c, byte_view plain);

    own_identity m_self;
    random_source& m_random;
    connection_port& m_port;
    logger m_log;
    link_observer m_observer{};
    std::function<bool(public_key const&)> m_refused{};
    std::function<void()> m_gathered{};
    identity::binding_book m_book{};
    std::unordered_map<connection_id, std::unique_ptr<connection>> m_connections;
    std::map<wallet_address, link> m_links;
    std::set<std::pair<time_point, connection_id>> m_deadlines; // of handshakes
    std::optional<time_point> m_next_look{};                    // at idle connections
    std::vector<wallet_address> m_unflushed;
    overlay_counts m_counts{};
};

} // namespace tau::overlay

#pragma once

#include "core/log.hpp"
#include "core/random.hpp"
#include "core/rate_limiter.hpp"
#include "core/seen_set.hpp"
#include "forward/link_queue.hpp"
#include "forward/route_book.hpp"
#include "forward/trace_log.hpp"
#include "identity/keyring.hpp"
#include "wire/hello.hpp"

#include <array>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <unordered_map>
#include <vector>

namespace tau::forward {

/// A message that came for us.
struct arrival {
    hash256 id;
    bytes payload;                       ///< sealed octets; Keccak-256 of them is `id`
    wallet_address origin;               ///< as the frame says; the seal inside proves more
    std::vector<wallet_address> visited; ///< the origin first, our neighbour last
};

/// The receiver of messages of ours signed that it has them.
struct acknowledged {
    public_key key;
    std::vector<hash256> ids;
    std::vector<wallet_address> way; ///< hops to it, itself last, as the acknowledgement came
};

/// What the engine needs done, and whom it tells. Calls may come from within any call of
/// the engine and must not call back into it but from on_gathered's flush.
class engine_port {
public:
    virtual ~engine_port() = default;
    /// Gathers a message for a neighbour; it leaves at the link layer's flush.
    virtual void send(wallet_address const& neighbour, wire::link_kind kind, byte_view body) = 0;
    /// Asks all trackers; engine::on_route() is called for each answer, never from within.
    virtual void ask_route(wallet_address const& target) = 0;
    /// A message for us: answer with engine::accept() once it is on disk, or decline().
    virtual void deliver(arrival const& what) = 0;
    virtual void on_acknowledged(acknowledged const& what) = 0;
    /// A message of ours was given up: its life is over. Whoever sent it may send it again.
    virtual void on_expired(hash256 const& id) = 0;
    /// engine::flush() should be called soon.
    virtual void want_flush() = 0;
    /// The key that is bound to a wallet, if that is known: a layer is sealed to it.
    [[nodiscard]] virtual std::optional<public_key> key_of(wallet_address const&) {
        return std::nullopt;
    }
};

/// Whether a node passes on what is for others.
enum class transit { on, off };

/// Whether the path of our messages is sealed in layers, so that each hop learns the next
/// alone. It needs the keys of all hops; `preferred` sends openly where one is unknown,
/// `required` waits for another path.
enum class layering { off, preferred, required };

struct engine_settings {
    transit forwards = transit::on;
    layering layers = layering::off;
    bool tell_links = true; ///< tell neighbours of each other: two hops without a tracker

    /// Frames and octets that one neighbour has not reported on yet.
    std::size_t window_frames = 512;
    std::size_t window_bytes = 1024 * 1024;
    /// What one neighbour may have waiting here; a well-behaved one's window is smaller.
    std::size_t held_frames = 1024;
    std::size_t held_bytes = 2 * 1024 * 1024;
    /// Messages of our own without an acknowledgement.
    std::size_t own_messages = 16 * 1024;
    std::size_t own_bytes = 32 * 1024 * 1024;

    std::chrono::milliseconds hold_time{60'000}; ///< a frame for others waits here at most
    std::chrono::milliseconds park_time{2'000};  ///< ... without a known way
    /// From sending on: no acknowledgement came; doubles with every further attempt.
    std::chrono::milliseconds retry_first{1'000};
    std::chrono::milliseconds retry_last{30'000};
    /// A neighbour that reports on nothing for so long is left for others that lead there.
    std::chrono::milliseconds stall_time{1'000};
    std::chrono::milliseconds ack_pause{2}; ///< acknowledgements closer than this share one
    /// Reports travel with what is sent anyway, and alone when they are many or this old: a
    /// small segment of their own would hold back the next message (RFC 896) until the
    /// other side's delayed acknowledgement comes, 40 ms later.
    std::chrono::milliseconds report_pause{25};
    std::size_t report_frames = 64;
};

struct forward_counts {
    std::uint64_t sent = 0;         ///< own messages, attempts included
    std::uint64_t resent = 0;       ///< of those, further attempts
    std::uint64_t acknowledged = 0; ///< own messages
    std::uint64_t delivered = 0;    ///< to us
    std::uint64_t repeated = 0;     ///< to us, again
    std::uint64_t passed_on = 0;    ///< frames for others
    std::uint64_t copies = 0;       ///< frames for others that were here already
    std::uint64_t malformed = 0;
    std::uint64_t looped = 0;
    std::uint64_t crowded = 0;
    std::uint64_t no_route = 0;
    std::uint64_t expired = 0;
    std::uint64_t bad_ids = 0;      ///< the id is not the hash of the payload
    std::uint64_t refused_acks = 0; ///< for others' messages, or not signed by the receiver
    std::uint64_t layered = 0;      ///< own messages whose path was sealed, attempts included
    std::uint64_t bad_layers = 0;   ///< not sealed to us, or an answer to nothing of ours
    std::uint64_t stalled = 0;      ///< frames taken from neighbours that fell silent
    std::uint64_t waiting = 0;      ///< own messages without an acknowledgement
    std::uint64_t held = 0;         ///< frames in queues, parked, or not reported on
};

struct neighbour_view {
    wallet_address who;
    std::size_t queued = 0;     ///< frames that wait for this link
    std::size_t unreported = 0; ///< frames sent that it has not reported on
    std::size_t held = 0;       ///< frames of this neighbour that wait here
    std::uint64_t frames_out = 0;
    std::uint64_t frames_in = 0;
};

/// Moves sealed messages from neighbour to neighbour until they reach their wallet.
///
/// The next hop is tried in this order: our own link to the target, the path that the
/// frame names, a path that trackers know from here, one over a neighbour's neighbour. A
/// frame stays here until the next hop reported that it passed it on, so a hop that dies
/// loses nothing that its neighbours still hold, and the origin keeps a message until its
/// receiver signed for it.
///
/// Source:    docs/wire/forward.md. Threading: tau thread. Errors: counted.
class engine {
public:
    /// `keys` and `port` outlive the engine.
    engine(identity::keyring const& keys, random_source& random, engine_port& port,
           engine_settings settings = {});
    ~engine();

    /// Sends sealed octets to `target`, where `key` must acknowledge them. A message that is
    /// under way already is left alone. errc::invalid_argument for our own wallet,
    /// errc::too_large, errc::rate_limited when too many wait.
    struct outgoing {
        hash256 id;
        wallet_address target;
        public_key key;
        bytes payload;
        std::chrono::milliseconds life{120'000};
    };
    [[nodiscard]] error_code send(outgoing what, moment now);
    /// Stops sending; unknown ids are ignored.
    void cancel(hash256 const& id);
    [[nodiscard]] bool is_under_way(hash256 const& id) const { return m_own.contains(id); }

    /// A delivered message is on disk: its sender is told.
    void accept(hash256 const& id, moment now);
    /// It could not be kept: it is delivered again when it comes again.
    void decline(hash256 const& id);

    // What the link layer learns.
    void on_link_up(wallet_address const& who, moment now);
    void on_link_down(wallet_address const& who, moment now);
    void on_message(wallet_address const& from, wire::link_message const& message, moment now);
    void on_route(wallet_address const& target, std::vector<wallet_path> paths, moment now);
    /// Whom somebody far says it is linked with.
    void on_far_links(wallet_address const& of, std::vector<wallet_address> links,
                      duration good_for, moment now);

    /// Writes reports and acknowledgements that were gathered.
    void flush(moment now);
    [[nodiscard]] std::optional<time_point> wake_at() const;
    void on_time(moment now);

    /// Times the way to the last wallet of `path` and back, once: nullopt after probe_time,
    /// or at once if too many are under way. `done` must not call back into the engine.
    using probe_handler = std::function<void(std::optional<duration>)>;
    void probe(wallet_path path, probe_handler done, moment now);
    static constexpr std::chrono::seconds probe_time{3};
    static constexpr std::size_t max_probes = 256;

    [[nodiscard]] bool is_linked(wallet_address const& who) const { return m_near.contains(who); }
    [[nodiscard]] std::vector<wallet_path> paths_to(wallet_address const& target,
                                                    time_point now) const;
    [[nodiscard]] forward_counts counts() const;
    [[nodiscard]] std::vector<neighbour_view> neighbours() const;
    [[nodiscard]] route_book const& routes() const { return m_book; }
    [[nodiscard]] trace_log const& traces() const { return m_traces; }

private:
    struct neighbour {
        link_queue queue{};
        std::map<std::uint64_t, cargo_ptr> unreported{};
        std::size_t unreported_bytes = 0;
        std::uint64_t next_seq = 0;
        std::uint64_t epoch = 0; // tells this link from an earlier one with the same wallet
        std::size_t held = 0;    // frames of theirs that we owe a report for
        std::size_t held_bytes = 0;
        std::vector<wire::hop_report> reports{};
        std::size_t reported = 0;      // frames in `reports`
        bool is_report_urgent = false; // one was handed back
        bool spoke = false;            // something goes to them with the next flush
        std::optional<time_point> reports_due{};
        time_point heard{}; // of a report, or of the first frame that waits for one
        std::uint64_t frames_out = 0;
        std::uint64_t frames_in = 0;
    };
    struct own_message {
        outgoing what;
        time_point expires{};
        time_point retry_at{};
        std::uint8_t attempt = 0;
        std::uint8_t mark = 0;   // of the first attempt on the wire: hops may know earlier ones
        std::uint8_t rounds = 0; // how often no neighbour was left
        std::optional<wallet_address> first_hop{};
        std::vector<wallet_address> failed{};      // first hops that did not lead there
        std::optional<wire::answer_key> answers{}; // of layered sendings
        std::vector<hash256> layered{};            // their ids on our link

        [[nodiscard]] std::uint8_t attempt_on_wire() const {
            return static_cast<std::uint8_t>(mark + attempt);
        }
    };
    // Where the answer to a layered frame goes: the neighbour that it came from.
    struct return_way {
        wallet_address to;
        hash256 id; // of the frame on the link with `to`
    };
    struct sealed_return {
        return_way first;
        wire::answer_key key;
    };
    struct unaccepted {
        wallet_address origin;
        std::vector<wallet_address> way_back;
        time_point since{};
        std::optional<sealed_return> layers{};
    };
    struct due_ack {
        std::vector<wallet_address> way_back;
        std::vector<hash256> ids;
        std::optional<sealed_return> layers{};
    };
    struct sent_probe {
        time_point sent{};
        probe_handler done;
    };
    struct parking {
        std::vector<cargo_ptr> waiting;
        time_point until{};
    };

    // engine.cpp: hops
    void on_frame(wallet_address const& from, byte_view body, moment now);
    void on_reports(wallet_address const& from, byte_view body, moment now);
    void on_neighbours(wallet_address const& from, std::vector<wallet_address> list, moment now);
    void take_in(cargo_ptr what, moment now);
    void route(cargo_ptr what, moment now);
    [[nodiscard]] std::optional<wallet_address> choose(cargo& what, moment now);
    [[nodiscard]] std::optional<wallet_address> pick(cargo& what, moment now, bool with_stalled);
    [[nodiscard]] bool is_stalled(neighbour const& near, time_point now) const;
    void leave_stalled(moment now);
    [[nodiscard]] bool take_named_path(cargo& what, wallet_address& hop, bool with_stalled,
                                       time_point now) const;
    void park(cargo_ptr what, moment now);
    void unpark(wallet_address const& target, moment now);
    void pump(wallet_address const& who, neighbour& to, moment now);
    [[nodiscard]] bool launch(wallet_address const& who, neighbour& to, cargo_ptr what, moment now);
    void report(cargo& what, wire::hop_outcome outcome);
    void give_up(cargo_ptr what, wire::hop_outcome outcome, moment now);
    void tell_origin(cargo const& what, wire::hop_outcome outcome, moment now);
    void tell_neighbours();
    void send_reports(wallet_address const& who, neighbour& near);
    [[nodiscard]] bool is_usable(cargo const& what, wallet_address const& hop) const;
    void want_flush();

    // engine_ends.cpp: the two ends of a way
    void dispatch(own_message& own, moment now);
    void on_hop_chosen(cargo const& what, wallet_address const& hop, moment now);
    void on_own_sent(hash256 const& id, moment now);
    void retry_own(moment now);
    void retry_stranded(moment now);
    [[nodiscard]] std::uint8_t random_mark();
    void on_own_failure(hash256 const& id, std::uint8_t attempt_on_wire, wire::hop_outcome outcome,
                        wallet_address const& hop, moment now);
    void arrive(cargo const& what, moment now);
    void on_end_ack(byte_view payload, std::vector<wallet_address> way, moment now);
    void keep_arrival(hash256 const& id, bytes payload, std::vector<wallet_address> visited,
                      unaccepted entry);
    void owe_ack(hash256 const& id, unaccepted entry, moment now);
    void send_acks(moment now);
    void send_control(wire::frame_kind kind, hash256 const& id, wallet_address const& target,
                      std::vector<wallet_address> way_back, bytes payload, moment now);
    void set_retry(own_message& own, time_point when);
    [[nodiscard]] std::chrono::milliseconds pause_after(std::uint8_t attempt) const;
    void forget_own(hash256 const& id);

    // engine_layers.cpp: paths that are sealed in layers
    [[nodiscard]] bool seal_path(cargo& what, wallet_address const& hop);
    [[nodiscard]] std::optional<sealing_key> sealing_key_for(wallet_address const& who,
                                                             own_message const& own);
    void open_layered(cargo_ptr what, moment now);
    void pass_layer(cargo_ptr what, wire::layer_pass pass, moment now);
    void recount_held(cargo const& what, std::size_t before);
    void arrive_layered(cargo const& what, wire::layer_end end, moment now);
    void on_layered_answer(cargo const& what, moment now);
    void on_own_answer(hash256 const& own_id, std::uint8_t attempt, cargo const& what, moment now);
    void answer_layered(return_way const& to, wire::layered_answer const& what, moment now);
    void remember_way_back(wallet_address const& next, hash256 const& id, return_way to);

    // engine_probes.cpp
    void answer_probe(wire::frame const& what, moment now);
    void on_echo(hash256 const& id, moment now);
    void give_up_probes(time_point now);

    [[nodiscard]] wallet_address const& self() const { return m_keys.wallet(); }
    [[nodiscard]] std::uint64_t copy_mark(wire::frame const& what) const;

    identity::keyring const& m_keys;
    random_source& m_random;
    engine_port& m_port;
    engine_settings m_settings;
    std::array<std::uint8_t, 16> m_mark_key{};
    std::map<wallet_address, neighbour> m_near;
    std::uint64_t m_link_epoch = 0;
    route_book m_book;
    rate_limiter<wallet_address> m_asks;
    std::map<wallet_address, parking> m_parked; // by target
    seen_set<std::uint64_t> m_copies{1 << 16};

    std::unordered_map<hash256, own_message> m_own;
    std::set<std::pair<time_point, hash256>> m_retries;
    std::set<hash256> m_stranded; // own messages that met no way and wait for one
    std::size_t m_own_bytes = 0;
    std::unordered_map<hash256, unaccepted> m_unaccepted;
    seen_set<hash256> m_accepted{1 << 16};
    std::map<std::pair<wallet_address, bool>, due_ack> m_acks; // by origin, and whether layered
    std::optional<time_point> m_acks_due;
    time_point m_last_acks{};

    /// Layered frames of others that went out: by the neighbour that has them and their id.
    struct ways_of_neighbour {
        std::unordered_map<hash256, return_way> ways;
        std::deque<hash256> order;
    };
    static constexpr std::size_t max_ways_back = 8192; // of one neighbour; the oldest go first
    std::map<wallet_address, ways_of_neighbour> m_ways_back;
    std::unordered_map<hash256, std::pair<hash256, std::uint8_t>> m_layered; // -> own, attempt
    static constexpr std::size_t max_sealing_keys = 4096;
    std::unordered_map<public_key, sealing_key> m_sealing_keys;
    std::unordered_map<hash256, sent_probe> m_probes;
    rate_limiter<wallet_address> m_echoes;

    bool m_flush_wanted = false;
    bool m_tell_links = false;
    std::size_t m_held = 0;
    forward_counts m_counts{};
    trace_log m_traces{};
};

} // namespace tau::forward

#pragma once

#include "core/rate_limiter.hpp"
#include "overlay/reach_book.hpp"
#include "wire/rendezvous.hpp"

#include <map>
#include <optional>

namespace tau::overlay {

/// Which of the two who meet we are.
enum class meeting { asked, called };

/// What an introducer needs of the links; implemented by plugins/tau or a test.
class introducer_port {
public:
    virtual ~introducer_port() = default;
    [[nodiscard]] virtual bool is_linked(wallet_address const& who) const = 0;
    /// The address of the other end of a link.
    [[nodiscard]] virtual std::optional<endpoint> seen_at(wallet_address const& who) const = 0;
    virtual void send(wallet_address const& to, wire::link_kind kind, byte_view body) = 0;
    /// Open a connection over uTP to `who`, who opens one to us at the same time. False if
    /// that is not wanted: nobody learns where we are then.
    [[nodiscard]] virtual bool meet(wallet_address const& who, endpoint const& where,
                                    meeting how) = 0;
};

/// Brings two neighbours of one node together though NATs are around both: each is told
/// where the other is, and both begin at once, so that what leaves one NAT opens it for what
/// comes from the other. The three parts in this play are one class, as each node is all of them.
///
/// An honest introducer names only addresses from which it has a link. Of a dishonest one
/// its neighbours are protected by a budget, and in that nobody on the internet can have
/// them connect into their own network, or to themselves.
///
/// Source:    BEP 55 in messages of links; docs/wire/hello.md, "Rendezvous".
/// Threading: tau thread. Errors: what does not fit is ignored.
class introducer {
public:
    static constexpr double per_second = 1; ///< of one neighbour, for each of the three parts
    static constexpr double burst = 8;
    /// From a question on, until its answer is not waited for any more.
    static constexpr std::chrono::seconds patience{10};
    static constexpr std::size_t max_open = 256; ///< questions and calls that wait

    explicit introducer(introducer_port& port);

    /// Where others are to meet us: endpoint and NAT of the UDP socket.
    void set_own(wire::reach const& own) { m_own = own; }
    /// Whether we bring neighbours together, who learn by it of our links.
    void set_serving(bool serves) { m_serves = serves; }
    /// Has our neighbour `by` introduce us to `whom`.
    void ask(wallet_address const& by, wallet_address const& whom, time_point now);
    void on_message(wallet_address const& from, byte_view body, time_point now);

private:
    using pair = std::pair<wallet_address, wallet_address>;
    using deadlines = std::map<pair, time_point>;
    using budget = rate_limiter<wallet_address>;

    void send(wallet_address const& to, wire::rendezvous_step step, wallet_address const& who,
              wire::reach const& where);
    void on_ask(wallet_address const& from, wire::rendezvous const& what, time_point now);
    void on_call(wallet_address const& from, wire::rendezvous const& what, time_point now);
    void on_answer(wallet_address const& from, wire::rendezvous const& what, time_point now);
    void on_come(wallet_address const& from, wire::rendezvous const& what, time_point now);
    /// Where others may meet `who`, which says `told`; nullopt if we cannot know.
    [[nodiscard]] std::optional<wire::reach> place_of(wallet_address const& who,
                                                      wire::reach const& told) const;
    /// Whether we connect to `where` for the word of `by`.
    [[nodiscard]] bool is_fit(endpoint const& where, wallet_address const& by) const;

    introducer_port& m_port;
    wire::reach m_own{};
    bool m_serves = true;
    deadlines m_asked;  // neighbour, whom -> until
    deadlines m_called; // who was asked for, who asked -> until
    budget m_askers;
    budget m_wanted;
    budget m_callers;
};

} // namespace tau::overlay

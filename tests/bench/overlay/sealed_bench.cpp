// Messages from A to Z over two hops with all that belongs to them: sealed and signed by A and
// on its disk, opened, verified and on Z's disk before Z signs for them. First the steps
// alone, then two whole messengers (chain of messages, states and events besides). All four
// nodes on one thread, the databases on others.
// usage: sealed_bench [--messages N] [--talk N]
#include "arguments.hpp"
#include "messenger/seal.hpp"
#include "overlay_nodes.hpp"
#include "store/port.hpp"
#include "support/temp_folder.hpp"
#include "support/test_keys.hpp"
#include "tau_node/node_stack.hpp"
#include "wire/bencode.hpp"

#include <stdexcept>

namespace tau::bench {
namespace {

constexpr std::size_t text_octets = 700;
constexpr std::size_t under_way = 500;
constexpr auto patience = std::chrono::seconds(60);
constexpr auto route_pause = std::chrono::milliseconds(100);

/// One end: a node, what seals and opens for it, and its database.
struct end_node {
    end_node(test::private_dht& loop, std::uint64_t seed, std::filesystem::path const& folder)
        : node(loop, seed), random(seed), sealer(*node.keys, random), runner(node.tau.workers()),
          store(store::database::open((folder / std::to_string(seed)).string()).value(), runner) {}

    void keep(messenger::message_id const& id, target const& root, bytes content, bytes sealed,
              store::direction direction, std::function<void()> kept) {
        store::message_row row;
        row.id = id;
        row.root = root;
        row.direction = direction;
        row.content = std::move(content);
        row.sealed = std::move(sealed);
        row.time = row.received = node.overlay().now().wall;
        store.commit({store::put_message{std::move(row)}}, store::durability::full,
                     [kept = std::move(kept)](error_code ec) {
                         if (ec)
                             throw std::runtime_error("not on disk: " + ec.message());
                         kept();
                     });
    }

    overlay_node node;
    seeded_random random;
    messenger::pair_sealer sealer;
    store::pool_runner runner;
    store::port store;
};

/// A, two hops, Z; A and Z with disks.
class sealed_chain {
public:
    sealed_chain()
        : m_loop(0), m_a(m_loop, 401, m_folder.path()), m_b(m_loop, 402), m_c(m_loop, 403),
          m_z(m_loop, 404, m_folder.path()) {
        link(m_loop, m_a.node, m_b);
        link(m_loop, m_b, m_c);
        link(m_loop, m_c, m_z.node);
        m_way = {m_b.wallet(), m_c.wallet(), m_z.node.wallet()};
        m_z.node.on_arrival = [this](forward::arrival const& what) { take(what); };
    }

    void measure(std::size_t count) {
        auto const begun = steady::now();
        std::size_t made = 0;
        while (m_a.node.acknowledged < count) {
            auto const done = m_a.node.acknowledged;
            for (; made < count && made - done < under_way; ++made)
                compose(made);
            if (!m_loop.run_until([&] { return m_a.node.acknowledged > done; }, patience))
                throw std::runtime_error("messages were lost:" + m_a.node.state()
                                         + m_z.node.state());
        }
        report("forward_sealed_2_hops", "tau", "per_s",
               1000 * static_cast<double>(count) / ms_since(begun));
        m_loop.run_until([&] { return m_a.store.waiting() + m_z.store.waiting() == 0; });
    }

private:
    void compose(std::size_t number) {
        bytes content(text_octets, static_cast<std::uint8_t>(number));
        std::memcpy(content.data(), &number, sizeof number);
        auto sealed =
            m_a.sealer.seal({m_z.node.keys->key(), m_a.node.overlay().now().wall}, content);
        auto const item = std::make_shared<bytes>(std::move(sealed.value().item));
        auto const id = sealed.value().id;
        m_a.keep(id, sealed.value().root, std::move(content), *item, store::direction::out,
                 [this, id, item] {
                     auto& overlay = m_a.node.overlay();
                     overlay.forwarding().on_route(m_way.back(), {m_way}, overlay.now());
                     if (overlay.send({id, m_way.back(), m_z.node.keys->key(),
                                       to_bytes(wire::unwrap_string(*item).value())}))
                         throw std::runtime_error("a message was not taken");
                 });
    }

    void take(forward::arrival const& what) {
        auto item = wire::wrap_string(what.payload);
        auto opened = m_z.sealer.open(item);
        if (!opened)
            throw std::runtime_error("a message did not open");
        m_z.keep(what.id, opened.value().root, std::move(opened.value().content), std::move(item),
                 store::direction::in, [this, id = what.id] { m_z.node.overlay().accept(id); });
    }

    test::temp_folder m_folder;
    test::private_dht m_loop;
    end_node m_a;
    overlay_node m_b;
    overlay_node m_c;
    end_node m_z;
    forward::wallet_path m_way;
};

/// A whole messenger on a session, as tau-node composes it.
struct talking_node {
    talking_node(test::private_dht& on, std::uint64_t seed, std::filesystem::path const& folder)
        : loop(on), keys(test::keys_of(seed)), session(on.add_session()) {
        node::stack_options options;
        options.database = folder / ("talk" + std::to_string(seed));
        options.device = seeded_random(seed).make<identity::device_id>();
        options.topics_file = folder / ("topics" + std::to_string(seed));
        options.plugins.overlay.dial = dial_rule::never;
        stack = std::move(node::node_stack::open(session, keys, std::move(options)).value());
        wait("start", [this](auto done) { stack->start(std::move(done)); });
        stack->bridge().start(test::private_dht::endpoint_of(session).port(), {});
    }
    ~talking_node() {
        auto const stopped = std::make_shared<bool>(false);
        stack->stop([stopped] { *stopped = true; });
        (void)loop.run_until([&] { return *stopped && stack->is_idle(); }, patience);
    }
    template <class Begin>
    void wait(std::string const& what, Begin begin) {
        auto const answer = std::make_shared<std::optional<error_code>>();
        begin([answer](error_code ec) { *answer = ec; });
        if (!loop.run_until([answer] { return answer->has_value(); }, patience) || **answer)
            throw std::runtime_error(what + " failed");
    }
    /// Without an endpoint: the only way is a path.
    void befriend(talking_node& who) {
        messenger::contact_info const contact{who.keys->key(), "friend", who.keys->wallet()};
        wait("adding a friend",
             [&](auto done) { stack->messenger().add_friend(contact, std::move(done)); });
    }
    void meet(overlay_node& hop) {
        stack->tau().overlay().dial(hop.wallet(), hop.where());
        if (!loop.run_until([&] { return hop.is_linked(keys->wallet()); }, patience))
            throw std::runtime_error("a messenger was not linked with its hop");
    }

    test::private_dht& loop;
    std::shared_ptr<identity::keyring const> keys;
    plugins::owned_session& session;
    std::unique_ptr<node::node_stack> stack;
};

void measure_talk(std::size_t count) {
    test::temp_folder const folder;
    test::private_dht loop(0);
    talking_node a(loop, 501, folder.path());
    overlay_node b(loop, 502);
    overlay_node c(loop, 503);
    talking_node z(loop, 504, folder.path());
    link(loop, b, c);
    a.meet(b);
    z.meet(c);
    forward::wallet_path const way{b.wallet(), c.wallet(), z.keys->wallet()};
    forward::wallet_path const back{c.wallet(), b.wallet(), a.keys->wallet()};
    auto const tell_route = [&] {
        auto& there = a.stack->tau().overlay();
        there.forwarding().on_route(z.keys->wallet(), {way}, there.now());
        auto& here = z.stack->tau().overlay();
        here.forwarding().on_route(a.keys->wallet(), {back}, here.now());
    };
    a.befriend(z);
    z.befriend(a);
    std::size_t delivered = 0;
    std::size_t stored = 0;
    (void)a.stack->messenger().subscribe([&](messenger::event const& event) {
        if (auto const* const went = std::get_if<messenger::message_state_changed>(&event))
            delivered += went->state >= messenger::message_state::delivered ? 1 : 0;
    });
    std::string const text(text_octets, 'x');
    auto const begun = steady::now();
    std::size_t sent = 0;
    while (delivered < count) {
        tell_route();
        auto const done = delivered;
        for (; sent < count && sent - done < under_way; ++sent)
            a.stack->messenger().send_text(z.keys->key(), text + std::to_string(sent),
                                           [&stored](auto const& made) { stored += made ? 1 : 0; });
        // What a tracker would say again and again while somebody waits.
        auto const told = steady::now();
        while (!loop.run_until([&] { return delivered > done; }, route_pause)) {
            tell_route();
            if (steady::now() - told > patience)
                throw std::runtime_error("messages were not delivered: " + std::to_string(delivered)
                                         + " of " + std::to_string(stored));
        }
    }
    report("messenger_2_hops", "tau", "per_s", 1000 * static_cast<double>(count) / ms_since(begun));
}

int run(arguments const& given) {
    sealed_chain().measure(given.number("--messages", 20'000));
    measure_talk(given.number("--talk", 5000));
    return 0;
}

} // namespace
} // namespace tau::bench

int main(int count, char** words) {
    return tau::bench::run({count, words});
}

#include "talkers.hpp"

#include "plugins/session/settings.hpp"
#include "support/test_keys.hpp"
#include "wire/sealed_torrent.hpp"

#include <stdexcept>

namespace tau::bench {
namespace {

constexpr std::size_t listen_offset = 3000; // clear of the addresses of the network
constexpr auto patience = std::chrono::seconds(60);

/// Calls `begin(answer)` and turns the loop until the answer came; throws what it says.
template <class Begin>
void wait_for_answer(test::private_dht& loop, std::string const& what, Begin begin) {
    auto const answer = std::make_shared<std::optional<error_code>>();
    begin([answer](error_code ec) { *answer = ec; });
    if (!loop.run_until([answer] { return answer->has_value(); }, patience))
        throw std::runtime_error(what + " never ended");
    if (**answer)
        throw std::runtime_error(what + ": " + (*answer)->message());
}

std::function<void(lt::settings_pack&)> settings_of(talker_options const& options) {
    return [&options](lt::settings_pack& settings) {
        plugins::recommend(settings);
        settings.set_str(lt::settings_pack::listen_interfaces,
                         plugins::local_network::listen_interface(listen_offset + options.seed));
        if (options.adjust)
            options.adjust(settings);
    };
}

bool accepts(talker& who, talker& other) {
    auto const view = who.messenger().friend_of(other.key());
    return view && view->state == messenger::friend_state::accepted;
}

} // namespace

talker::talker(test::private_dht& loop, network_process const& network,
               std::filesystem::path const& folder, talker_options options)
    : m_loop(loop), m_keys(test::keys_of(options.seed)),
      m_session(loop.add_session(settings_of(options))) {
    for (auto const& node : network.nodes())
        m_session.session().add_dht_node({node.address().to_string(), node.port()});
    node::stack_options stack;
    stack.database = folder / (options.name + ".db");
    stack.device = seeded_random(options.seed).make<identity::device_id>();
    stack.messenger.own_name = options.name;
    stack.files_folder = folder / (options.name + ".files");
    stack.messenger.auto_fetch_bytes = wire::max_file_bytes;
    stack.plugins.dht = options.dht;
    auto opened = node::node_stack::open(m_session, m_keys, std::move(stack));
    if (!opened)
        throw std::runtime_error("no database: " + opened.error().message());
    m_stack = std::move(opened.value());
    auto const wanted = std::min<int>(8, static_cast<int>(network.nodes().size()) - 1);
    auto const joined = [this, wanted] {
        m_session.refresh_table_nodes();
        return m_session.table_nodes() >= wanted;
    };
    if (!loop.run_until(joined, patience))
        throw std::runtime_error(options.name + " did not find the network");
    wait_for_answer(loop, "start", [this](auto answer) { m_stack->start(std::move(answer)); });
}

talker::~talker() {
    auto const stopped = std::make_shared<bool>(false);
    m_stack->stop([stopped] { *stopped = true; });
    (void)m_loop.run_until([&] { return *stopped && m_stack->is_idle(); }, patience);
}

messenger::contact_info talker::contact() {
    auto out = messenger().own_contact();
    out.endpoints = {*m_session.listen_endpoint()};
    return out;
}

void talker::befriend(talker& who) {
    wait_for_answer(m_loop, "adding a friend",
                    [&](auto answer) { messenger().add_friend(who.contact(), std::move(answer)); });
}

void introduce(test::private_dht& loop, talker& one, talker& other) {
    one.befriend(other);
    other.befriend(one);
    if (!loop.run_until([&] { return accepts(one, other) && accepts(other, one); }, patience))
        throw std::runtime_error("the two did not become friends");
}

} // namespace tau::bench

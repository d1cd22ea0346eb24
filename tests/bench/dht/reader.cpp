#include "reader.hpp"

#include "tau_config.hpp"

#include <stdexcept>

namespace tau::bench {
namespace {

constexpr std::uint64_t reader_seed = 11;
constexpr std::size_t listen_offset = 2000; // clear of the addresses of the network

std::function<void(lt::settings_pack&)> at(std::size_t index,
                                           std::function<void(lt::settings_pack&)> adjust) {
    return [index, adjust = std::move(adjust)](lt::settings_pack& settings) {
        settings.set_str(lt::settings_pack::listen_interfaces,
                         plugins::local_network::listen_interface(listen_offset + index));
        if (adjust)
            adjust(settings);
    };
}

} // namespace

public_key const& author_key() {
    static auto const key = test::keys_of(author_seed)->key();
    return key;
}

reader::reader(network_process const& network, std::function<void(lt::settings_pack&)> adjust)
    : m_network(network), m_tau_session(m_loop.add_session(at(0, std::move(adjust)))),
      m_stock_session(m_loop.add_session(at(1, {}))),
      m_tau(m_tau_session, test::keys_of(reader_seed), open_options()) {
    auto const capture = [](lt::dht_mutable_item_alert const& alert) {
        return std::optional(
            stock_item{alert.salt, alert.item.type() == lt::entry::string_t, alert.authoritative});
    };
    m_stock_session.alerts().route<lt::dht_mutable_item_alert>(
        capture, [this](stock_item const& item) { on_stock_item(item); });
    introduce(m_tau_session);
    introduce(m_stock_session);
}

plugins::owned_session& reader::add_session() {
    auto& added = m_loop.add_session(at(2, {}));
    introduce(added);
    return added;
}

void reader::introduce(plugins::owned_session& session) {
    auto const& network = m_network;
    constexpr std::size_t told = 16;
    for (std::size_t i = 0; i < network.nodes().size(); ++i) {
        auto const& node = network.nodes()[(i * 7) % network.nodes().size()];
        if (i < told)
            session.session().add_dht_node({node.address().to_string(), node.port()});
    }
    if (!m_loop.run_until([&session] {
            session.refresh_table_nodes();
            return session.table_nodes() >= 8;
        }))
        throw std::runtime_error("the reader did not find the network");
}

double reader::run_gets(std::size_t count, std::size_t in_flight, begin_get const& begin) {
    auto const begun = steady::now();
    std::size_t next = 0, under_way = 0;
    auto const more = [&] {
        while (under_way < in_flight && next < count) {
            ++under_way;
            begin(next++, [&under_way] { --under_way; });
        }
        return under_way == 0 && next == count;
    };
    if (!m_loop.run_until(more, patience))
        throw std::runtime_error("some gets never ended");
    return ms_since(begun) / 1000;
}

reader::begin_get reader::tau_get(endpoint const& ask_at, dht::get_mode mode,
                                  samples& first_value) {
    return [this, ask_at, mode, &first_value](std::size_t index, std::function<void()> done) {
        dht::get_request request{{author_key(), wire::salt::from(item_salt(index)).value()}};
        request.mode = mode;
        request.ask_at = ask_at;
        auto const begun = steady::now();
        auto const answered = std::make_shared<bool>(false);
        dht::get_observer observer;
        observer.on_item = [&first_value, begun, answered, done](dht::got_item const&) {
            if (std::exchange(*answered, true))
                return;
            first_value.add(ms_since(begun));
            done();
        };
        observer.on_done = [&first_value, answered, done](error_code) {
            if (std::exchange(*answered, true))
                return;
            first_value.fail();
            done();
        };
        m_tau.dht().get(std::move(request), std::move(observer));
    };
}

reader::begin_get reader::stock_get(samples& first_value, samples& authoritative) {
    return [this, &first_value, &authoritative](std::size_t index, std::function<void()> done) {
        auto const salt = item_salt(index);
        m_pending[salt] = {steady::now(), &first_value, &authoritative, false, std::move(done)};
        std::array<char, 32> key;
        std::copy(author_key().begin(), author_key().end(), key.begin());
        m_stock_session.session().dht_get_item(key, salt);
    };
}

void reader::on_stock_item(stock_item const& item) {
    auto const found = m_pending.find(item.salt);
    if (found == m_pending.end())
        return;
    auto& get = found->second;
    if (item.has_value && !std::exchange(get.seen, true))
        get.first->add(ms_since(get.begun));
    if (!item.is_last)
        return;
    if (get.seen)
        get.last->add(ms_since(get.begun));
    else {
        get.first->fail();
        get.last->fail();
    }
    auto const done = std::move(get.done);
    m_pending.erase(found);
    done();
}

} // namespace tau::bench

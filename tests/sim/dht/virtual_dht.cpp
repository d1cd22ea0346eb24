#include "sim/dht/virtual_dht.hpp"

#include <algorithm>

namespace tau::test {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t replicas = 8;
constexpr std::size_t table_size = 16;

endpoint place_of(std::size_t n) {
    return {boost::asio::ip::address_v4({60, static_cast<std::uint8_t>(n / 250 + 1),
                                         static_cast<std::uint8_t>(n % 250 + 1), 1}),
            6881};
}

target distance(wire::node_id const& id, target const& what) {
    target out;
    for (std::size_t i = 0; i < out.size(); ++i)
        out.octets[i] = id.octets[i] ^ what.octets[i];
    return out;
}

} // namespace

virtual_dht::virtual_dht(std::uint64_t seed, std::size_t count, virtual_link link,
                         dht::config settings)
    : m_random(seed), m_link(link) {
    for (std::size_t n = 0; n < count; ++n) {
        wire::node_info const info{m_random.make<wire::node_id>(), place_of(n)};
        m_nodes.push_back(
            std::make_unique<node>(signer(static_cast<char>(n + 1)), info, m_random.next_u64()));
        m_by_endpoint.emplace(info.where, n);
    }
    for (std::size_t n = 0; n < count; ++n) {
        auto& here = *m_nodes[n];
        here.engine =
            std::make_unique<dht::engine>(settings, here.keys.identity(), here.random, m_now);
        pump(n);
    }
}

void virtual_dht::at(std::chrono::microseconds after, std::function<void()> what) {
    m_events.emplace(m_now.mono + after, std::move(what));
}

std::chrono::microseconds virtual_dht::delay() {
    auto const spread = std::chrono::microseconds(m_link.max_delay - m_link.min_delay).count();
    return m_link.min_delay
           + std::chrono::microseconds(m_random.below(static_cast<std::uint64_t>(spread) + 1));
}

bool virtual_dht::lost() {
    return static_cast<double>(m_random.below(1'000'000)) < m_link.loss * 1e6;
}

std::size_t virtual_dht::holders(target const& what) const {
    return static_cast<std::size_t>(
        std::count_if(m_nodes.begin(), m_nodes.end(),
                      [&](auto const& here) { return here->alive && here->store.contains(what); }));
}

bool virtual_dht::step(time_point until) {
    if (m_events.empty() || m_events.begin()->first > until)
        return false;
    auto next = m_events.extract(m_events.begin());
    auto const passed = next.key() - m_now.mono;
    m_now.mono = next.key();
    m_now.wall += std::chrono::duration_cast<std::chrono::milliseconds>(passed);
    next.mapped()();
    return true;
}

void virtual_dht::run_for(std::chrono::milliseconds d) {
    auto const end = m_now.mono + d;
    while (step(end)) {
    }
    m_now.mono = end;
}

bool virtual_dht::run_until(std::function<bool()> const& ready, std::chrono::milliseconds limit) {
    auto const end = m_now.mono + limit;
    while (!ready())
        if (!step(end))
            return false;
    return true;
}

void virtual_dht::pump(std::size_t n) {
    auto& here = *m_nodes[n];
    while (here.engine->has_actions()) {
        for (auto& next : here.engine->take_actions()) {
            if (auto* query = std::get_if<dht::send_query>(&next))
                perform(n, *query);
            else if (auto* get = std::get_if<dht::start_get>(&next))
                traverse(n, wire::target_of(get->what), get->what);
            else if (auto* value = std::get_if<dht::start_get_immutable>(&next))
                traverse(n, value->what, std::nullopt);
            else if (auto* put = std::get_if<dht::start_put>(&next))
                put_everywhere(n, wire::target_of(put->item.address), {put->item, {}},
                               put->item.seq);
            else if (auto* blob = std::get_if<dht::start_put_immutable>(&next))
                put_everywhere(n, blob->what, {std::nullopt, blob->value}, 0);
            else if (auto* call = std::get_if<dht::deliver>(&next))
                call->call();
            else {
                std::vector<wire::node_info> table;
                for (std::size_t i = 0; i < table_size; ++i)
                    table.push_back(m_nodes[m_random.below(m_nodes.size())]->info);
                at(0us, [this, n, table] {
                    m_nodes[n]->engine->on_nodes(table, m_now);
                    pump(n);
                });
            }
        }
    }
    arm(n);
}

void virtual_dht::arm(std::size_t n) {
    auto& here = *m_nodes[n];
    auto const wake = here.engine->wake_at();
    if (!wake || (here.woken_at && *here.woken_at <= *wake && *here.woken_at > m_now.mono))
        return;
    auto const when = std::max(*wake, m_now.mono + 1us);
    here.woken_at = when;
    m_events.emplace(when, [this, n, when] {
        auto& woken = *m_nodes[n];
        if (woken.woken_at == when)
            woken.woken_at.reset();
        woken.engine->on_time(m_now);
        pump(n);
    });
}

void virtual_dht::perform(std::size_t n, dht::send_query& action) {
    auto const to = m_by_endpoint.find(action.to);
    if (to == m_by_endpoint.end() || lost())
        return;
    auto const back = m_nodes[n]->info.where;
    at(delay(), [this, n, to = to->second, back, id = action.id, query = action.query] {
        auto const reply = m_nodes[to]->alive ? answer(to, back, query) : std::nullopt;
        pump(to);
        if (!reply || lost())
            return;
        at(delay(), [this, n, to, id, message = *reply] {
            m_nodes[n]->engine->on_response(id, m_nodes[to]->info.where,
                                            wire::parse_bencode(message).value(), m_now);
            pump(n);
        });
    });
}

std::optional<bytes> virtual_dht::answer(std::size_t n, endpoint const& source,
                                         lt::entry const& query) {
    auto& here = *m_nodes[n];
    lt::entry message = query;
    auto const method = message["q"].string();
    message["t"] = "aa";
    message["y"] = "q";
    message["a"]["id"] = std::string(20, 'i');
    auto const raw = wire::encode_bencode(message);
    auto const parsed = wire::parse_bencode(raw).value();
    lt::entry response(lt::entry::dictionary_t);
    response["r"] = lt::entry(lt::entry::dictionary_t);
    auto const what = here.engine->responder()->on_query(method, source, parsed, response, m_now);
    if (what == dht::reply::answered_and_report)
        here.engine->on_request(source, raw, m_now);
    else if (method == wire::exchange_method)
        return std::nullopt;
    auto r = response["r"];
    r["id"] = wire::string_entry(here.info.id);
    if (method != wire::exchange_method)
        r = answer_from_store(here, parsed, method, std::move(r));
    return answer_with(std::move(r), source);
}

lt::entry virtual_dht::answer_from_store(node& here, lt::bdecode_node const& message,
                                         std::string const& method, lt::entry r) {
    auto const args = message.dict_find_dict("a");
    if (method == "put") {
        auto const value = to_bytes(wire::section_of(args.dict_find("v")));
        if (!args.dict_find_string("k")) {
            here.store[wire::target_of_immutable(value)] = {std::nullopt, value};
            return r;
        }
        wire::mutable_item item{
            {wire::find_fixed<public_key>(args, "k").value(),
             wire::salt::from(as_text(wire::find_string(args, "salt").value_or(byte_view{})))
                 .value()},
            *wire::find_int(args, "seq"),
            value,
            wire::find_fixed<signature>(args, "sig").value()};
        auto& place = here.store[wire::target_of(item.address)];
        if (!verify(item) && (!place.item || place.item->seq <= item.seq))
            place.item = item;
        return r;
    }
    auto const query = wire::decode_get_query(message).value();
    r["token"] = "tokn";
    wire::get_reply listed;
    for (auto const n : closest(query.what, replicas))
        listed.nodes.push_back(m_nodes[n]->info);
    r["nodes"] = encode(listed)["nodes"];
    auto const found = here.store.find(query.what);
    if (found == here.store.end() || r.find_key("v") || r.find_key("seq"))
        return r;
    if (auto const& item = found->second.item) {
        r["seq"] = item->seq;
        if (!query.seq || *query.seq < item->seq) {
            r["k"] = wire::string_entry(item->address.key);
            r["sig"] = wire::string_entry(item->sig);
            r["v"] = wire::raw_entry(item->value);
        }
    } else {
        r["v"] = wire::raw_entry(found->second.value);
    }
    return r;
}

std::vector<std::size_t> virtual_dht::closest(target const& what, std::size_t count) const {
    std::vector<std::pair<target, std::size_t>> order;
    for (std::size_t n = 0; n < m_nodes.size(); ++n)
        order.emplace_back(distance(m_nodes[n]->info.id, what), n);
    std::sort(order.begin(), order.end());
    std::vector<std::size_t> out;
    for (std::size_t i = 0; i < std::min(count, order.size()); ++i)
        out.push_back(order[i].second);
    return out;
}

void virtual_dht::traverse(std::size_t n, target const& what,
                           std::optional<wire::item_address> address) {
    auto const search = 2 * (delay() + delay()); // to the neighbourhood
    bool stalled = false, given = false;
    std::chrono::microseconds last = search;
    for (auto const holder : closest(what, replicas)) {
        if (!m_nodes[holder]->alive || lost() || lost()) {
            stalled = true;
            continue;
        }
        auto const found = m_nodes[holder]->store.find(what);
        auto const after = search + delay() + delay();
        last = std::max(last, after);
        if (found == m_nodes[holder]->store.end())
            continue;
        if (address && found->second.item) {
            at(after, [this, n, item = *found->second.item] {
                m_nodes[n]->engine->on_recursive_item(item, m_now);
                pump(n);
            });
        } else if (!address && !std::exchange(given, true)) {
            at(after, [this, n, what, value = found->second.value] {
                m_nodes[n]->engine->on_recursive_immutable(what, value, m_now);
                pump(n);
            });
        }
    }
    at(stalled ? last + 15s : last, [this, n, what, address, given] {
        if (address)
            m_nodes[n]->engine->on_recursive_done(*address, m_now);
        else if (!given)
            m_nodes[n]->engine->on_recursive_immutable(what, {}, m_now);
        pump(n);
    });
}

void virtual_dht::put_everywhere(std::size_t n, target const& what, stored const& item,
                                 std::int64_t seq) {
    bool stalled = false;
    std::vector<std::size_t> takers;
    for (auto const holder : closest(what, replicas)) {
        bool const ok = m_nodes[holder]->alive && !lost() && !lost();
        stalled |= !ok;
        if (ok)
            takers.push_back(holder);
    }
    at(stalled ? 15s : 3 * (delay() + delay()), [this, n, what, item, takers, seq] {
        for (auto const holder : takers)
            m_nodes[holder]->store[what] = item;
        m_nodes[n]->engine->on_put_done(what, seq, static_cast<int>(takers.size()), m_now);
        pump(n);
    });
}

} // namespace tau::test

#include "admin_graph.hpp"

#include "core/hex.hpp"
#include "graph/index_table.hpp"
#include "graph/topology_sample.hpp"
#include "identity/wallet.hpp"

#include <nlohmann/json.hpp>

#include <charconv>

namespace tau::tracker_tool {
namespace {

using json = nlohmann::json;

// Bounds of one answer and of the one picture that is held for its pages.
constexpr std::size_t max_picture_wallets = 20'000;
constexpr std::size_t wallets_a_page = 2'000;
constexpr std::size_t links_a_page = 10'000;
constexpr std::size_t max_around = 16;
constexpr std::size_t max_found = 50;
// Wallets looked at before the store's lock is let go for a moment.
constexpr std::size_t places_a_step = 1'000;
// A picture this young is given again: several pages cost no more than one.
constexpr std::chrono::seconds picture_life{2};

void refuse(net::http_reply const& reply, unsigned status, std::string_view code,
            std::string_view message) {
    reply.send(net::error_response(status, code, message));
}

// The number of a parameter, `fallback` without it, nullopt if it is none.
std::optional<std::uint64_t> number(net::http_request const& request, std::string_view name,
                                    std::uint64_t fallback) {
    auto const text = request.parameter(name);
    if (!text)
        return fallback;
    std::uint64_t out = 0;
    auto const* const end = text->data() + text->size();
    auto const read = std::from_chars(text->data(), end, out);
    if (read.ec != std::errc{} || read.ptr != end)
        return std::nullopt;
    return out;
}

std::optional<wallet_address> wallet_of(net::http_request const& request, std::string_view name) {
    auto const text = request.parameter(name);
    if (!text)
        return std::nullopt;
    auto const wallet = identity::parse_wallet(*text);
    if (!wallet)
        return std::nullopt;
    return wallet.value();
}

// The wallets named in `around`, separated by commas; nullopt if one cannot be read.
std::optional<std::vector<wallet_address>> wallets_around(net::http_request const& request) {
    std::vector<wallet_address> out;
    auto rest = request.parameter("around").value_or("");
    while (!rest.empty()) {
        auto const comma = std::min(rest.find(','), rest.size());
        auto const wallet = identity::parse_wallet(rest.substr(0, comma));
        if (!wallet || out.size() == max_around)
            return std::nullopt;
        out.push_back(wallet.value());
        rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
    return out;
}

// One picture of the network, from which pages are read until the next is taken.
class pictures {
public:
    pictures(net::tracker_shared_store& store, clock_source const& clock)
        : m_store(store), m_clock(clock) {}

    void take(net::http_request const& request, net::http_reply const& reply) {
        auto const limit = number(request, "limit", 10'000);
        auto const seed = number(request, "seed", 0);
        auto around = wallets_around(request);
        if (!limit || *limit == 0 || !seed || !around)
            return refuse(reply, 400, "invalid_argument",
                          "limit and seed are numbers, around is at most 16 wallet addresses");
        auto const now = m_clock.now();
        asked const what{std::min<std::size_t>(*limit, max_picture_wallets), *seed,
                         std::move(*around)};
        if (!m_picture || what != m_asked || now.mono - m_taken > picture_life) {
            m_asked = what;
            m_taken = now.mono;
            draw(now);
        }
        reply.send({.body = summary().dump()});
    }

    void page(net::http_request const& request, net::http_reply const& reply) const {
        auto const& number_text = request.path.at("page");
        std::size_t page = 0;
        auto const* const end = number_text.data() + number_text.size();
        auto const read = std::from_chars(number_text.data(), end, page);
        if (!m_picture || request.path.at("id") != std::to_string(m_id) || read.ec != std::errc{}
            || read.ptr != end || page >= page_count())
            return refuse(reply, 404, "not_found", "a newer picture was taken; ask for it again");
        reply.send({.body = page_json(page).dump()});
    }

private:
    struct asked {
        std::size_t limit = 0;
        std::uint64_t seed = 0;
        std::vector<wallet_address> around;
        friend bool operator==(asked const&, asked const&) = default;
    };

    void draw(moment now) {
        graph::sample_limits limits;
        limits.max_wallets = m_asked.limit;
        m_picture.emplace(limits, m_asked.around, m_asked.seed);
        ++m_id;
        while (!m_store.read_wallets([&](tracker::wallet_registry const& wallets) {
            return m_picture->step(wallets.edges(), wallets.seconds(now), places_a_step);
        })) {
        }
    }

    [[nodiscard]] std::size_t page_count() const {
        auto const pages = [](std::size_t all, std::size_t each) {
            return (all + each - 1) / each;
        };
        return std::max(pages(m_picture->wallets().size(), wallets_a_page),
                        pages(m_picture->links().size(), links_a_page));
    }

    [[nodiscard]] json summary() const {
        return {{"id", m_id},
                {"online", m_picture->online()},
                {"part", m_picture->is_part()},
                {"wallets", m_picture->wallets().size()},
                {"links", m_picture->links().size()},
                {"links_left_out", m_picture->links_left_out()},
                {"digest", digest()},
                {"pages", page_count()}};
    }

    // Equal for equal pictures, so that a page need not be read again. Short: it is
    // told to who may see the picture, and guards nothing.
    [[nodiscard]] std::string digest() const {
        std::uint64_t sum = 0;
        auto const mix = [&sum](std::uint64_t value) {
            sum = (sum ^ value) * 0x9e37'79b9'7f4a'7c15ULL;
            sum ^= sum >> 29;
        };
        for (auto const& w : m_picture->wallets()) {
            mix(graph::keyed_hash(w.address.data(), 1));
            mix(std::uint64_t{w.links} << 32 | std::uint64_t{w.liveness} << 1
                | (w.dialable ? 1 : 0));
        }
        for (auto const& l : m_picture->links())
            mix(std::uint64_t{l.a} << 32 | l.b);
        return std::to_string(sum);
    }

    [[nodiscard]] json page_json(std::size_t page) const {
        json out{{"wallets", json::array()}, {"links", json::array()}};
        auto const& wallets = m_picture->wallets();
        auto const wallets_end = std::min(wallets.size(), (page + 1) * wallets_a_page);
        for (auto i = page * wallets_a_page; i < wallets_end; ++i)
            out["wallets"].push_back({identity::to_eip55(wallets[i].address), wallets[i].links,
                                      wallets[i].liveness * 1000 / 65'535,
                                      wallets[i].dialable ? 1 : 0});
        auto const& links = m_picture->links();
        auto const links_end = std::min(links.size(), (page + 1) * links_a_page);
        for (auto i = page * links_a_page; i < links_end; ++i) {
            out["links"].push_back(links[i].a);
            out["links"].push_back(links[i].b);
        }
        return out;
    }

    net::tracker_shared_store& m_store;
    clock_source const& m_clock;
    asked m_asked;
    time_point m_taken;
    std::uint64_t m_id = 0;
    std::optional<graph::topology_sample> m_picture;
};

json route_json(wire::route_answer const& answer) {
    json paths = json::array();
    for (auto const& path : answer.paths) {
        auto& hops = paths.emplace_back(json::array());
        for (auto const& hop : path)
            hops.push_back({{"wallet", identity::to_eip55(hop.wallet)},
                            {"endpoint", to_string(hop.where)},
                            {"liveness", hop.liveness / 1000.0},
                            {"accepts", hop.accepts}});
    }
    return paths;
}

void find_route(net::tracker_shared_store& store, clock_source const& clock,
                graph::path_search& search, net::http_request const& request,
                net::http_reply const& reply) {
    auto const from = wallet_of(request, "from");
    auto const to = wallet_of(request, "to");
    auto const paths = number(request, "paths", 2);
    if (!from || !to || !paths || *paths == 0 || *paths > graph::path_search::max_paths)
        return refuse(reply, 400, "invalid_argument",
                      "from and to are wallet addresses with 0x, paths is 1 to 8");
    auto const begun = clock.now();
    auto const answer = store.routes(*from, *to, *paths, begun, search);
    auto const took = clock.now().mono - begun.mono;
    reply.send({.body = json{{"from_online", store.is_online(*from)},
                             {"to_online", store.is_online(*to)},
                             {"paths", route_json(answer)},
                             {"took_us",
                              std::chrono::duration_cast<std::chrono::microseconds>(took).count()}}
                            .dump()});
}

// What a wallet's address begins with, as digits; nullopt if it cannot begin so.
std::optional<std::string> digits_of(std::string_view text) {
    if (text.starts_with("0x") || text.starts_with("0X"))
        text.remove_prefix(2);
    std::string out;
    for (char const c : text) {
        char const lower = c >= 'A' && c <= 'F' ? static_cast<char>(c + 32) : c;
        bool const is_digit = (lower >= '0' && lower <= '9') || (lower >= 'a' && lower <= 'f');
        if (!is_digit || out.size() == 40)
            return std::nullopt;
        out.push_back(lower);
    }
    return out;
}

void find_wallets(net::tracker_shared_store& store, net::http_request const& request,
                  net::http_reply const& reply) {
    auto const prefix = digits_of(request.parameter("prefix").value_or(""));
    if (!prefix || prefix->empty())
        return refuse(reply, 400, "invalid_argument",
                      "prefix is the beginning of a wallet address");
    json found = json::array();
    bool more = false;
    graph::node_index at = 0;
    bool is_end = false;
    while (!is_end && !more)
        store.read_wallets([&](tracker::wallet_registry const& wallets) {
            auto const& edges = wallets.edges();
            auto const end = std::min<std::size_t>(edges.end_index(), at + 16 * places_a_step);
            for (; at < end && !more; ++at) {
                if (!edges.is_online(at) || !to_hex(edges.wallet_of(at)).starts_with(*prefix))
                    continue;
                more = found.size() == max_found;
                if (!more)
                    found.push_back(identity::to_eip55(edges.wallet_of(at)));
            }
            is_end = at >= edges.end_index();
        });
    reply.send({.body = json{{"wallets", found}, {"more", more}}.dump()});
}

} // namespace

void add_graph_routes(net::router& routes, net::tracker_shared_store& store,
                      clock_source const& clock) {
    auto const held = std::make_shared<pictures>(store, clock);
    routes.add({"GET", "/api/topology",
                [held](net::http_request const& request, net::http_reply const& reply) {
                    held->take(request, reply);
                }});
    routes.add({"GET", "/api/topology/{id}/{page}",
                [held](net::http_request const& request, net::http_reply const& reply) {
                    held->page(request, reply);
                }});
    routes.add({"GET", "/api/wallets",
                [&store](net::http_request const& request, net::http_reply const& reply) {
                    find_wallets(store, request, reply);
                }});
    auto const search = std::make_shared<graph::path_search>();
    routes.add(
        {"GET", "/api/route",
         [&store, &clock, search](net::http_request const& request, net::http_reply const& reply) {
             find_route(store, clock, *search, request, reply);
         }});
}

} // namespace tau::tracker_tool

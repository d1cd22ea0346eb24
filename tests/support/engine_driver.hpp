#pragma once

#include "dht/engine.hpp"
#include "support/manual_clock.hpp"
#include "support/signer.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <vector>

namespace tau::test {

/// An engine with a manual clock whose actions are kept for a test to look at; what it
/// delivers to its callers is delivered at once, and what it wants checked is checked.
class engine_driver {
public:
    explicit engine_driver(signer const& who, dht::config settings = {}, std::uint64_t seed = 1)
        : random(seed), core(settings, who.identity(), random, clock.now()) {
        pump();
    }

    void pump() {
        while (core.has_actions()) {
            for (auto& next : core.take_actions()) {
                auto const* check = std::get_if<dht::check_item>(&next);
                if (auto* call = std::get_if<dht::deliver>(&next))
                    call->call();
                else if (check && !holds_checks)
                    core.on_checked(*check, !wire::verify(*check->item), clock.now());
                else
                    actions.push_back(std::move(next));
            }
        }
    }

    /// Lets time pass, stopping wherever the engine wants to be woken.
    void advance(std::chrono::milliseconds d) {
        auto const end = clock.now().mono + d;
        while (clock.now().mono < end) {
            auto next = core.wake_at().value_or(end);
            next = std::clamp(next, clock.now().mono + std::chrono::milliseconds{1}, end);
            clock.advance(std::chrono::ceil<std::chrono::milliseconds>(next - clock.now().mono));
            core.on_time(clock.now());
            pump();
        }
    }

    /// Takes the actions of one kind that were not taken before.
    template <class Action>
    std::vector<Action> take() {
        std::vector<Action> out;
        std::erase_if(actions, [&](dht::action& next) {
            auto* found = std::get_if<Action>(&next);
            if (found)
                out.push_back(std::move(*found));
            return found != nullptr;
        });
        return out;
    }

    void respond(dht::request_id id, endpoint const& from, bytes const& message) {
        core.on_response(id, from, wire::parse_bencode(message).value(), clock.now());
        pump();
    }
    void refuse(dht::request_id id) {
        core.on_no_response(id, clock.now());
        pump();
    }

    /// One get with its outcome.
    struct outcome {
        std::vector<dht::got_item> items;
        std::optional<error_code> done;
    };
    std::shared_ptr<outcome> get(dht::get_request request) {
        auto out = std::make_shared<outcome>();
        core.get(std::move(request),
                 {[out](dht::got_item const& got) { out->items.push_back(got); },
                  [out](error_code why) { out->done = why; }},
                 clock.now());
        pump();
        return out;
    }

    /// Asks the responder as a remote node would; nullopt if it leaves the answer to the
    /// session. Reports to the engine what the responder says must be reported.
    std::optional<bytes> ask(endpoint const& source, lt::entry const& query) {
        auto const method = query.dict().find("q")->second.string();
        lt::entry message = query;
        message["t"] = "aa";
        message["y"] = "q";
        message["a"]["id"] = std::string(20, 'i');
        auto const raw = wire::encode_bencode(message);
        lt::entry response(lt::entry::dictionary_t);
        auto const what = core.responder()->on_query(
            method, source, wire::parse_bencode(raw).value(), response, clock.now());
        if (what == dht::reply::answered_and_report) {
            core.on_request(source, raw, clock.now());
            pump();
        }
        if (what == dht::reply::not_ours)
            return std::nullopt;
        last_query_bytes = raw.size();
        response["y"] = "r";
        response["t"] = "aa";
        response["r"]["id"] = std::string(20, 'i');
        return wire::encode_bencode(response);
    }

    manual_clock clock;
    seeded_random random;
    dht::engine core;
    std::vector<dht::action> actions;
    bool holds_checks = false; ///< check_item is kept for the test like other actions
    std::size_t last_query_bytes = 0;
};

} // namespace tau::test

#pragma once

#include "dht/access.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tau::test {

/// A DHT with some members of ours, whatever it is made of: what every implementation of
/// dht::access is tested in. Member 0 and 1 exist; more do not.
class dht_world {
public:
    virtual ~dht_world() = default;
    [[nodiscard]] virtual dht::access& member(std::size_t index) = 0;
    [[nodiscard]] virtual public_key key_of(std::size_t index) const = 0;
    [[nodiscard]] virtual endpoint where(std::size_t index) const = 0;
    /// Whether get_request::gossip reaches whom is asked; it may.
    [[nodiscard]] virtual bool carries_gossip_on_gets() const { return false; }
    /// Where nobody answers.
    [[nodiscard]] virtual endpoint dead_endpoint() = 0;
    /// Lets time pass until `done` or the limit; false if the limit came first.
    virtual bool run_until(std::function<bool()> const& done, std::chrono::milliseconds limit) = 0;
};

/// Makes a fresh world; the parameter of the suite DhtAccess in dht_access_suite.cpp.
/// A program that links the suite instantiates it with its own.
using dht_world_factory = std::function<std::unique_ptr<dht_world>()>;

} // namespace tau::test

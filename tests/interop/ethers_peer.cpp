// Our side of ethers_test.js: reads one request a line, writes one answer a line.
// Binary arguments are hexadecimal; "-" stands for none.
#include "core/hex.hpp"
#include "identity/binding.hpp"
#include "identity/wallet.hpp"

#include <iostream>
#include <sstream>
#include <string>
#include <vector>

namespace {

using namespace tau;
using words = std::vector<std::string>;

bytes octets(std::string const& word) {
    return word == "-" ? bytes() : from_hex(word).value();
}

identity::keyring keys_from(std::string const& master) {
    return identity::keyring::from({identity::secret_bytes::from(octets(master)), {}, {}}).value();
}

std::string sign(words const& args) {
    auto const secret = identity::parse_wallet_secret(args.at(1)).value();
    auto const key = identity::wallet_key::from(secret.view()).value();
    return identity::to_eip55(key.address()) + " " + to_hex(key.personal_sign(octets(args.at(2))));
}

std::string recover(words const& args) {
    auto const sig = fixed_from_hex<wallet_signature>(args.at(2)).value();
    auto const wallet = identity::recover_wallet(octets(args.at(1)), sig);
    return wallet ? identity::to_eip55(wallet.value()) : wallet.error().message();
}

std::string keys(words const& args) {
    auto const ring = keys_from(args.at(1));
    return to_hex(ring.key()) + " " + identity::to_eip55(ring.wallet()) + " "
           + to_hex(ring.contact_key(0)) + " " + to_hex(ring.storage_key().view());
}

std::string binding(words const& args) {
    unix_ms const issued{std::chrono::milliseconds(std::stoll(args.at(2)))};
    return to_hex(identity::encode(identity::make_binding(keys_from(args.at(1)), issued)));
}

std::string check_binding(words const& args) {
    auto const record = identity::decode_binding(octets(args.at(1)));
    auto const problem = record ? identity::verify(record.value()) : record.error();
    return problem ? problem.message() : identity::to_eip55(record.value().wallet);
}

std::string checksum(words const& args) {
    auto const wallet = identity::parse_wallet(args.at(1));
    return wallet ? identity::to_eip55(wallet.value()) : wallet.error().message();
}

std::string answer(words const& args) {
    auto const& name = args.at(0);
    if (name == "sign")
        return sign(args);
    if (name == "recover")
        return recover(args);
    if (name == "keys")
        return keys(args);
    if (name == "binding")
        return binding(args);
    if (name == "check-binding")
        return check_binding(args);
    if (name == "checksum")
        return checksum(args);
    return "unknown request " + name;
}

} // namespace

int main() {
    std::string line;
    while (std::getline(std::cin, line)) {
        std::istringstream in(line);
        words args;
        for (std::string word; in >> word;)
            args.push_back(word);
        std::cout << answer(args) << std::endl;
    }
}

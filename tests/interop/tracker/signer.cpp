// Signs for tests in other languages. Each input line is a 32-octet key and a
// message, both in hexadecimal; the output line is the wallet and the signature.
#include "core/hex.hpp"
#include "identity/wallet.hpp"

#include <iostream>
#include <string>

int main() {
    for (std::string secret, message; std::cin >> secret >> message;) {
        auto const raw_secret = tau::from_hex(secret);
        auto const raw_message = tau::from_hex(message);
        if (!raw_secret || !raw_message)
            return 1;
        auto const key = tau::identity::wallet_key::from(raw_secret.value());
        if (!key)
            return 1;
        std::cout << tau::to_hex(key.value().address()) << ' '
                  << tau::to_hex(key.value().personal_sign(raw_message.value())) << std::endl;
    }
}

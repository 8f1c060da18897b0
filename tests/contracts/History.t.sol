// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Study} from "contracts/Study.sol";
import {IHistory} from "contracts/interfaces/IHistory.sol";
import {House} from "./support/House.sol";
import {vm} from "./support/Vm.sol";

contract HistoryTest is House {
    function test_Story() public {
        join();
        Study study = running();
        pass(1);
        finalise(study, 10);
        pass(1);
        expel(4);
        holdHistory();
    }
}
